import type { ObjectMeta, Resource } from '../../../src/resources/meta.ts';
import { backoffMs } from './backoff.ts';
import { ApiFailure, call, json } from './http.ts';
import { linesOf, textOf } from './lines.ts';
import { pause } from './pause.ts';
import { stretchSeen, whenSeen } from './seen.ts';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** `retryAt`: in ms since the epoch; `why`: a sentence. */
  | { readonly state: 'reconnecting'; readonly retryAt: number; readonly why: string };

interface List<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: { readonly metadata: ObjectMeta } }
  | {
      readonly type: 'ERROR';
      readonly object: { readonly code?: number; readonly message?: string };
    };

export interface Follower<T> {
  /** Everything there is: at first, and after a pause that was too long to catch up with. */
  onList(items: readonly T[]): void;
  onChange(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
  onConnection(connection: Connection): void;
}

const PAGE = 500;
/** The server ends a watch after so long, and we begin the next: a connection that died unnoticed is not waited on for ever. */
const WATCH_SECONDS = 240;
const SHORT_MS = 1_000;

/** Lists the objects at a path of the resource API and follows their changes, over broken connections, until the signal. */
export async function follow<T extends Resource>(
  path: string,
  follower: Follower<T>,
  signal: AbortSignal,
): Promise<void> {
  let version: string | undefined;
  let failures = 0;
  follower.onConnection({ state: 'connecting' });
  while (!signal.aborted) {
    const seen = stretchSeen();
    try {
      if (version === undefined) {
        const list = await listAll<T>(path, signal);
        version = list.version;
        follower.onList(list.items);
      }
      const events = await call(
        `${path}?watch=true&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${version}`,
        { signal: AbortSignal.any([signal, seen.signal]) },
      );
      const since = performance.now();
      failures = 0;
      follower.onConnection({ state: 'live' });
      for await (const line of linesOf(textOf(events))) {
        const event = JSON.parse(line) as WatchEvent<T>;
        if (event.type === 'ERROR') {
          throw new ApiFailure(event.object.code ?? 500, event.object.message ?? 'The watch ended');
        }
        version = event.object.metadata.resourceVersion;
        if (event.type !== 'BOOKMARK') follower.onChange(event.type, event.object);
      }
      // Whoever ends each watch at once is not to be asked without a pause.
      if (performance.now() - since < SHORT_MS) await pause(SHORT_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (seen.signal.aborted) {
        await whenSeen(signal);
        continue;
      }
      const isGone = error instanceof ApiFailure && error.status === 410;
      if (isGone) version = undefined;
      failures++;
      // Too old to catch up with is no trouble, unless it comes again and again.
      if (isGone && failures === 1) continue;
      const waitMs = backoffMs(failures, Math.random());
      const why = error instanceof Error ? error.message : String(error);
      follower.onConnection({ state: 'reconnecting', retryAt: Date.now() + waitMs, why });
      await pause(waitMs, signal);
    } finally {
      seen.end();
    }
  }
}

async function listAll<T>(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly items: readonly T[]; readonly version: string }> {
  const items: T[] = [];
  for (let next: string | undefined; ; ) {
    const more: string = next === undefined ? '' : `&continue=${encodeURIComponent(next)}`;
    const page: List<T> = await json<List<T>>(`${path}?limit=${PAGE}${more}`, { signal });
    items.push(...page.items);
    next = page.metadata.continue || undefined;
    if (next === undefined) return { items, version: page.metadata.resourceVersion };
  }
}
