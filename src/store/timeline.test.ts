import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Journey, KEPT_ENTRIES, noted, type Timeline, type TimelineNote } from './timeline.ts';

const T0 = Date.UTC(2026, 0, 1);
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

const note = (phase: string, reason: string, over: Partial<TimelineNote> = {}): TimelineNote => ({
  phase,
  step: null,
  reason,
  message: reason,
  until: undefined,
  resourceVersion: '1',
  ...over,
});

/** The notes in turn, each at its second. */
function told(...notes: readonly (readonly [number, TimelineNote])[]) {
  let timeline: Timeline | undefined;
  const journeys: Journey[] = [];
  for (const [seconds, one] of notes) {
    const next = noted(timeline, 'uid', one, T0 + seconds * 1000);
    timeline = next.timeline;
    if (next.journey) journeys.push(next.journey);
  }
  return { entries: timeline?.entries ?? [], way: timeline?.way, journeys };
}

describe('entries', () => {
  test('each begins where the one before ends, and the last is open', () => {
    const { entries } = told(
      [0, note('creating_droplet', 'CreateDroplet', { step: 'create-droplet' })],
      [2, note('creating_droplet', 'Booting', { until: T0 + 60_000 })],
    );
    expect(entries).toEqual([
      {
        phase: 'creating_droplet',
        step: 'create-droplet',
        reason: 'CreateDroplet',
        startedAt: at(0),
        endedAt: at(2),
        waitedFor: 'CreateDroplet',
        until: null,
      },
      {
        phase: 'creating_droplet',
        step: null,
        reason: 'Booting',
        startedAt: at(2),
        endedAt: null,
        waitedFor: 'Booting',
        until: at(60),
      },
    ]);
  });

  test('the same again adds none; a new sentence takes the place of the old', () => {
    const first = note('initializing', 'BootstrapBackoff');
    const { entries } = told([0, first], [5, first], [9, { ...first, message: 'soon' }]);
    expect(entries).toMatchObject([{ startedAt: at(0), endedAt: null, waitedFor: 'soon' }]);
  });

  test('nothing new is nothing to write', () => {
    const { timeline } = noted(undefined, 'uid', note('completed', 'BotHealthy'), T0);
    expect(noted(timeline, 'uid', note('completed', 'BotHealthy'), T0 + 9).timeline).toBe(timeline);
  });

  test('another object of the same name begins anew', () => {
    const { timeline } = noted(undefined, 'uid', note('completed', 'BotHealthy'), T0);
    const other = noted(timeline, 'other', note('creating_droplet', 'Sweep'), T0 + 1).timeline;
    expect(other).toMatchObject({ uid: 'other', entries: [{ reason: 'Sweep' }] });
  });

  test('what an overtaken process still has to say is not heard', () => {
    const newer = note('completed', 'BotHealthy', { resourceVersion: '20' });
    const older = note('initializing', 'AwaitBot', { resourceVersion: '9' });
    const { timeline } = noted(undefined, 'uid', newer, T0);
    expect(noted(timeline, 'uid', older, T0 + 1).timeline).toBe(timeline);
  });

  test('are so many at most, whatever is noted, and never overlap', () => {
    const notes = fc.array(
      fc.tuple(
        fc.nat(100),
        fc.constantFrom('creating_droplet', 'initializing', 'completed', 'failed', 'deleting'),
        fc.constantFrom('A', 'B', 'C', 'Paused'),
      ),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(notes, (list) => {
        let seconds = 0;
        const { entries, journeys } = told(
          ...list.map(([wait, phase, reason]) => {
            seconds += wait;
            return [seconds, note(phase, reason)] as const;
          }),
        );
        expect(entries.length).toBeLessThanOrEqual(KEPT_ENTRIES);
        for (const [index, entry] of entries.entries()) {
          expect(entry.endedAt).toBe(entries[index + 1]?.startedAt ?? null);
        }
        for (const { totalMs, visits } of journeys) {
          for (const { afterMs, lastedMs } of visits) {
            expect(afterMs + lastedMs).toBeLessThanOrEqual(totalMs);
            expect(Math.min(afterMs, lastedMs)).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });
});

describe('journeys', () => {
  test('from creation to completed, with the stay in each phase', () => {
    const { journeys, way } = told(
      [0, note('creating_droplet', 'Sweep')],
      [30, note('waiting_for_ssh', 'Connect')],
      [45, note('initializing', 'FollowBootstrap')],
      [50, note('initializing', 'AwaitBot')],
      [60, note('completed', 'BotHealthy')],
    );
    expect(journeys).toEqual([
      {
        kind: 'create',
        endedAt: at(60),
        totalMs: 60_000,
        visits: [
          { phase: 'creating_droplet', afterMs: 0, lastedMs: 30_000 },
          { phase: 'waiting_for_ssh', afterMs: 30_000, lastedMs: 15_000 },
          { phase: 'initializing', afterMs: 45_000, lastedMs: 15_000 },
        ],
      },
    ]);
    expect(way).toBeUndefined();
  });

  test('a phase that is gone through twice counts with its first stay', () => {
    const { journeys } = told(
      [0, note('creating_droplet', 'Sweep')],
      [10, note('waiting_for_ssh', 'Connect')],
      [20, note('creating_droplet', 'DropletReplacing')],
      [50, note('waiting_for_ssh', 'Connect')],
      [60, note('completed', 'BotHealthy')],
    );
    expect(journeys[0]).toMatchObject({
      totalMs: 60_000,
      visits: [
        { phase: 'creating_droplet', afterMs: 0, lastedMs: 10_000 },
        { phase: 'waiting_for_ssh', afterMs: 10_000, lastedMs: 10_000 },
      ],
    });
  });

  test('back to completed after a sickness is a repair', () => {
    const { journeys } = told(
      [0, note('initializing', 'AwaitBot')],
      [9, note('completed', 'BotHealthy')],
      [100, note('initializing', 'RestartService')],
      [104, note('completed', 'BotHealthy')],
    );
    expect(journeys.map(({ kind, totalMs }) => [kind, totalMs])).toEqual([
      ['create', 9_000],
      ['repair', 4_000],
    ]);
  });

  test.each([
    ['that failed', note('failed', 'BootstrapFailed')],
    ['that was paused', note('initializing', 'Paused')],
  ])('one %s is none, for nobody worked on it meanwhile', (_, rest) => {
    const { journeys } = told(
      [0, note('creating_droplet', 'Sweep')],
      [9, rest],
      [900, note('completed', 'BotHealthy')],
    );
    expect(journeys).toEqual([]);
  });
});
