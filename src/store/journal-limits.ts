import type { LogPiece } from './journal.ts';

/** The bounds of every journal, real or in memory. */
export const KEPT_EVENTS = 100;
/** Events that a watch can look back on, of all objects together. */
export const KEPT_EVENT_CHANGES = 10_000;
export const EVENT_AGE_MS = 7 * 24 * 60 * 60 * 1000;
/** Kubernetes: an event's message has at most 1 KiB. */
export const MAX_MESSAGE_CHARS = 1_024;
export const KEPT_LOG_BYTES = 1024 * 1024;
/** A log or timeline whose object was never told to be gone is forgotten so long after its last line. */
export const LOG_AGE_MS = 30 * 24 * 60 * 60 * 1000;
/** Runs that are remembered as over: a late follower of one must not bring its log back. */
export const REMEMBERED_RUNS = 10;

/** At most `max` UTF-16 code units, and no half of a surrogate pair at the end. */
export function wholeCharacters(text: string, max: number): string {
  return text.slice(0, max).replace(/[\uD800-\uDBFF]$/, '');
}

/** The newest bytes of a log that fit, from the beginning of a line when older ones had to go. */
export function keptText(log: Buffer): string {
  if (log.length <= KEPT_LOG_BYTES) return log.toString('utf8');
  const kept = log.subarray(log.length - KEPT_LOG_BYTES);
  const lineEnd = kept.indexOf('\n');
  return kept.subarray(lineEnd + 1).toString('utf8');
}

/** What a reader who stood at `asked` gets of a text that begins at `from`: whole lines, when what lay between is gone. */
export function logPiece(run: string, asked: number, from: number, text: string): LogPiece {
  const to = from + Buffer.byteLength(text);
  if (from <= asked) return { run, from, text, to };
  const whole = text.slice(text.indexOf('\n') + 1);
  return { run, from: to - Buffer.byteLength(whole), text: whole, to };
}
