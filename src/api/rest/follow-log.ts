import type { LogPiece } from '../../store/journal.ts';
import type { ApiDeps } from '../deps.ts';

/** The bootstrap of an instance, and the byte of its log at which to begin. */
export interface Bootstrap {
  readonly name: string;
  readonly from: number;
}

const LOOK_MS = 300;
const HEARTBEAT_MS = 15_000;

/**
 * Hands out the log of the present or next bootstrap run as it grows, and `quiet` now and then while it does not. Ends with the
 * run, with the instance, or with `signal`. It keeps nothing but its place, so that a follower can go on with another process.
 */
export async function* followLog(
  { store, journal, clock }: Pick<ApiDeps, 'store' | 'journal' | 'clock'>,
  { name, from }: Bootstrap,
  signal: AbortSignal,
): AsyncGenerator<LogPiece | 'quiet'> {
  let place: { readonly run: string | undefined; readonly offset: number } = {
    run: undefined,
    offset: from,
  };
  let spokeAt = clock.now();
  while (!signal.aborted) {
    // Asked before the log is read: what is printed last is in the log before the run is said to be over.
    const instance = await store.get('Instance', name);
    const run = instance?.status?.bootstrap;
    const isGone = !instance || Boolean(instance.metadata.deletionTimestamp);
    const isGivenUp = instance?.status?.failure?.generation === instance?.metadata.generation;
    const piece = await journal.readLogFrom(name, place.offset);
    // Another run began: this one is over.
    if (piece && place.run !== undefined && piece.run !== place.run) return;
    if (piece) {
      place = { run: piece.run, offset: Math.max(piece.to, place.offset) };
      if (piece.text !== '') {
        yield piece;
        spokeAt = clock.now();
      }
    }
    const isOver = piece !== undefined && run?.run === piece.run && run.finishedAt !== undefined;
    if (isOver || isGone || isGivenUp) return;
    if (clock.now() - spokeAt >= HEARTBEAT_MS) {
      yield 'quiet';
      spokeAt = clock.now();
    }
    await clock.sleep(LOOK_MS, signal);
  }
}
