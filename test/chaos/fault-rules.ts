import type { FaultRule } from '../../src/simulator/faults.ts';

const CREATES = { operations: ['createDroplet'] };

/**
 * Every kind of fault of a call and of a birth. With `share` 0.1 about one call in ten is struck.
 * A created droplet stays out of sight for seconds, never for as long as a lost create is looked for.
 */
export function faultRules(share: number): readonly FaultRule[] {
  const often = share * 0.15;
  const seldom = share * 0.05;
  return [
    { fault: { kind: 'lose-response' }, rate: often },
    { fault: { kind: 'reset' }, rate: often },
    { fault: { kind: 'error', status: 503 }, rate: often },
    { fault: { kind: 'error', status: 500, committed: true }, rate: share * 0.1 },
    { fault: { kind: 'error', status: 502, html: true }, rate: seldom },
    { fault: { kind: 'delay', ms: 1_500, when: 'after' }, rate: often },
    { fault: { kind: 'delay', ms: 2_500, when: 'before' }, rate: share * 0.1 },
    // Longer than the program waits for an answer.
    { fault: { kind: 'delay', ms: 33_000, when: 'before' }, on: CREATES, rate: seldom },
    { fault: { kind: 'rate-limited', retryAfterSeconds: 2 }, rate: seldom },
    { fault: { kind: 'rate-limited', resetSeconds: 3 }, rate: seldom },
    { fault: { kind: 'quota' }, rate: seldom },
    { fault: { kind: 'unavailable' }, rate: seldom },
    { fault: { kind: 'try-again' }, on: CREATES, rate: seldom },
    { fault: { kind: 'pending-event' }, rate: often },
    { fault: { kind: 'delete-ignored' }, rate: often },
    { fault: { kind: 'delete-slow', ms: 8_000 }, rate: often },
    { fault: { kind: 'page-miss' }, rate: often },
    // Every droplet has a list that lags and tags that come late; these more than most.
    { fault: { kind: 'hidden', ms: 8_000 }, rate: often },
    { fault: { kind: 'list-lag', ms: 10_000 }, rate: often },
    { fault: { kind: 'tags-late', ms: 10_000 }, rate: share },
    { fault: { kind: 'slow-boot', ms: 8_000 }, rate: often },
    { fault: { kind: 'address-late', ms: 4_000 }, rate: often },
    { fault: { kind: 'vanish', afterMs: 3_000 }, rate: seldom },
    { fault: { kind: 'power-off', afterMs: 4_000 }, rate: seldom },
    { fault: { kind: 'never-active' }, rate: share * 0.02 },
    // A twin without tags could be told from a stranger's droplet by nobody: never both on one name.
    { fault: { kind: 'twin' }, on: { name: 'bot-570*' }, rate: share * 0.2 },
    { fault: { kind: 'tags-never' }, on: { name: 'bot-571*' }, rate: share * 0.2 },
  ];
}
