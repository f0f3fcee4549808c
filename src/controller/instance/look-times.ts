import { createHash } from 'node:crypto';

/** A healthy bot's time is written this often, not at every look. */
export const NOTE_EVERY_MS = 300_000;

/** A bot's moment may come just after a look that was made for another reason: of the interval, so much lies between. */
const LEAST_APART = 0.1;

/** A share of the interval, from 0 to 1, the same for a bot whoever asks. */
const shareOf = (uid: string): number =>
  createHash('sha256').update(uid).digest().readUInt32BE() / 2 ** 32;

/** When a bot that was well before this controller began may first be looked at; ms since the epoch. Pure. */
export const firstLookAt = (uid: string, intervalSeconds: number, startedAt: number): number =>
  startedAt + shareOf(uid) * intervalSeconds * 1000;

/**
 * When to look next at a bot that was well at `now` (ms since the epoch): each has its own moment within the interval, so that
 * bots which came up or were edited at the same time are not looked at together ever after. Pure.
 */
export function nextLookAt(uid: string, intervalSeconds: number, now: number): number {
  const interval = intervalSeconds * 1000;
  const moment = shareOf(uid) * interval;
  return moment + Math.ceil((now + interval * LEAST_APART - moment) / interval) * interval;
}
