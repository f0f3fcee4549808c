import type { Clock } from '../../clock.ts';
import type { Logger } from '../../log.ts';
import type { WorkQueue } from '../../queue/queue.ts';
import type { Instance } from '../../resources/instance.ts';
import { type Store, StoreError } from '../../store/store.ts';
import type { SeenInstance, Transition, Webhooks } from '../../store/webhooks.ts';
import type { Endpoint } from '../../webhook/sender.ts';
import { transitionOf, type WebhookEvent } from './transition.ts';

const RETRY_MS = 1_000;

export interface WatcherDeps {
  readonly store: Store;
  readonly webhooks: Webhooks;
  readonly queue: Pick<WorkQueue, 'trigger'>;
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Hears of deliveries that were dropped, because too many waited. */
  readonly onDropped: (count: number) => void;
}

/**
 * Turns the store's changes into deliveries. Every controller follows them all, from the cursor in Redis on; what each means follows
 * from the changes alone, and the first to record it is the one that queues it. After a gap the instances are compared with what
 * was known of them.
 */
export async function watchForWebhooks(deps: WatcherDeps, signal: AbortSignal): Promise<void> {
  const { clock, log } = deps;
  let mustCompare = false;
  while (!signal.aborted) {
    try {
      const state = await deps.webhooks.state();
      const seen = new Map(state?.seen);
      const from =
        state === undefined || mustCompare
          ? await compare(deps, state?.cursor, seen)
          : state.cursor;
      mustCompare = false;
      // Another process has compared meanwhile: what it found is to be read.
      if (from === undefined) continue;
      for await (const { type, kind, object } of deps.store.watch(from, signal)) {
        if (kind === 'Instance') await take(deps, seen, object as Instance, type === 'deleted');
      }
    } catch (error) {
      if (signal.aborted) return;
      mustCompare = error instanceof StoreError && error.kind === 'gone';
      if (!mustCompare) log.warn({ err: error }, 'Webhooks wait for Redis');
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

async function take(
  deps: WatcherDeps,
  seen: Map<string, SeenInstance>,
  instance: Instance,
  isGone: boolean,
): Promise<void> {
  const { name, resourceVersion } = instance.metadata;
  const before = seen.get(name);
  const transition = transitionOf(before, instance, isGone);
  if (transition.seen === before && transition.events.length === 0) return;
  remember(seen, name, transition.seen);
  await record(deps, resourceVersion, [queued(deps, name, transition.seen, transition.events)]);
}

/** Where to go on from. Without a cursor nobody is told: all that is there was there before webhooks were. */
async function compare(
  deps: WatcherDeps,
  cursor: string | undefined,
  seen: Map<string, SeenInstance>,
): Promise<string | undefined> {
  const { items, resourceVersion } = await deps.store.list('Instance');
  const now = new Map<string, SeenInstance>();
  const transitions: Transition[] = [];
  for (const instance of items) {
    const { name } = instance.metadata;
    const transition = transitionOf(seen.get(name), instance, false);
    if (transition.seen) now.set(name, transition.seen);
    if (transition.seen !== seen.get(name)) {
      transitions.push(queued(deps, name, transition.seen, transition.events));
    }
  }
  for (const [name, last] of seen) {
    if (!now.has(name)) transitions.push(queued(deps, name, undefined, [goneSince(name, last)]));
  }
  seen.clear();
  for (const [name, one] of now) seen.set(name, one);
  // A store that was restored from a backup is behind: its revisions will come again with other changes.
  if (cursor === undefined || Number(cursor) > Number(resourceVersion)) {
    await deps.webhooks.begin(resourceVersion, now);
  } else if (transitions.length > 0) {
    const isFirst = await record(deps, resourceVersion, transitions, cursor);
    if (!isFirst) return undefined;
  }
  return resourceVersion;
}

/** Its last state went by unseen. */
const goneSince = (name: string, { revision, phase, isLinked }: SeenInstance): WebhookEvent => ({
  id: `${revision}-instance.deleted`,
  type: 'instance.deleted',
  data: {
    numberphone: name.replace(/^bot-/, ''),
    name,
    phase: 'deleting',
    previousPhase: phase,
    progress: 0,
    error: null,
    isLinked,
  },
});

function queued(
  { endpoints, clock }: WatcherDeps,
  name: string,
  seen: SeenInstance | undefined,
  events: readonly WebhookEvent[],
): Transition {
  const createdAt = clock.now();
  const deliveries = endpoints.flatMap((endpoint) =>
    events.map(({ id, type, data }) => ({
      key: `${endpoint.id}/${name}`,
      origin: endpoint.origin,
      delivery: {
        id,
        type,
        name,
        body: JSON.stringify({ id, type, createdAt: new Date(createdAt).toISOString(), data }),
        createdAt,
        attempts: 0,
        notBefore: 0,
      },
    })),
  );
  return { name, seen, deliveries };
}

async function record(
  { webhooks, queue, log, onDropped }: WatcherDeps,
  revision: string,
  transitions: readonly Transition[],
  since?: string,
): Promise<boolean> {
  const dropped = await webhooks.record(revision, transitions, since);
  if (!dropped) return false;
  if (dropped.length > 0) {
    onDropped(dropped.length);
    const deliveries = [...new Set(dropped)];
    log.warn(
      { dropped: dropped.length, deliveries },
      'Too many webhooks wait: the oldest are lost',
    );
  }
  const keys = new Set(transitions.flatMap(({ deliveries }) => deliveries.map(({ key }) => key)));
  for (const key of keys) await queue.trigger(key);
  return true;
}

function remember(
  seen: Map<string, SeenInstance>,
  name: string,
  one: SeenInstance | undefined,
): void {
  if (one) seen.set(name, one);
  else seen.delete(name);
}
