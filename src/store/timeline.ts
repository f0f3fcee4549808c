/** What an object is about, as a pass saw it. Times in ms since the epoch. */
export interface TimelineNote {
  readonly phase: string;
  /** The step that is being taken; null while it waits or is settled. */
  readonly step: string | null;
  /** CamelCase and stable: the name of the step, or what is waited for. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  /** When what is waited for is due at the latest. */
  readonly until: number | undefined;
  /** The object's resourceVersion when this was so: what an overtaken process still has to say is not heard. */
  readonly resourceVersion: string;
}

/** A stretch of time in which an object did, or waited for, one thing. Times are RFC 3339 with milliseconds. */
interface TimelineEntry {
  readonly phase: string;
  readonly step: string | null;
  readonly reason: string;
  readonly startedAt: string;
  /** Null: it still lasts. */
  readonly endedAt: string | null;
  /** A sentence: what it did or waited for, as last told. */
  readonly waitedFor: string;
  readonly until: string | null;
}

/** The first stay in a phase on the way to `completed`, in ms from the start of the way. */
interface Stay {
  readonly phase: string;
  readonly afterMs: number;
  readonly lastedMs: number;
}
/** One that may still last: `lastedMs` is absent then. */
type Visit = Omit<Stay, 'lastedMs'> & { readonly lastedMs?: number | undefined };

/** From creation, or from the loss of `completed`, to `completed`. */
interface Way {
  readonly kind: 'create' | 'repair';
  readonly startedAt: number;
  readonly visits: readonly Visit[];
}

/** A way that was gone to its end: what estimates are made from. */
export interface Journey {
  readonly kind: Way['kind'];
  /** RFC 3339. */
  readonly endedAt: string;
  readonly totalMs: number;
  readonly visits: readonly Stay[];
}

export interface Timeline {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Oldest first. */
  readonly entries: readonly TimelineEntry[];
  /** Absent: it is not on its way anywhere. */
  readonly way?: Way | undefined;
}

export const KEPT_ENTRIES = 100;
export const KEPT_JOURNEYS = 500;
const MAX_MESSAGE_CHARS = 1_024;
/** Nobody works on them: how long they last says nothing of how long work takes. */
const RESTING = new Set(['failed', 'deleting']);
const PAUSED = 'Paused';

const iso = (ms: number): string => new Date(ms).toISOString();

/** The timeline with one more note, and the journey that came to its end by it. The same object when nothing changes. Pure. */
export function noted(
  past: Timeline | undefined,
  uid: string,
  note: TimelineNote,
  now: number,
): { readonly timeline: Timeline; readonly journey?: Journey | undefined } {
  const old: Timeline =
    past?.uid === uid
      ? past
      : {
          uid,
          resourceVersion: '0',
          entries: [],
          way: { kind: 'create', startedAt: now, visits: [] },
        };
  if (Number(note.resourceVersion) < Number(old.resourceVersion)) return { timeline: old };

  const told = {
    waitedFor: note.message.slice(0, MAX_MESSAGE_CHARS),
    until: note.until === undefined ? null : iso(note.until),
  };
  const { phase, step, reason, resourceVersion } = note;
  const last = old.entries.at(-1);
  if (last && last.phase === phase && last.step === step && last.reason === reason) {
    if (last.waitedFor === told.waitedFor && last.until === told.until) return { timeline: old };
    const entries = [...old.entries.slice(0, -1), { ...last, ...told }];
    return { timeline: { ...old, resourceVersion, entries } };
  }
  const entry = { phase, step, reason, startedAt: iso(now), endedAt: null, ...told };
  const closed = old.entries.slice(0, -1);
  const entries = last ? [...closed, { ...last, endedAt: iso(now) }, entry] : [entry];
  const { way, journey } = onTheWay(old.way, note, now);
  return {
    timeline: { uid, resourceVersion, entries: entries.slice(-KEPT_ENTRIES), way },
    journey,
  };
}

function onTheWay(
  way: Way | undefined,
  { phase, reason }: TimelineNote,
  now: number,
): { readonly way?: Way | undefined; readonly journey?: Journey | undefined } {
  if (RESTING.has(phase) || reason === PAUSED) return {};
  if (phase === 'completed') {
    return way && way.visits.length > 0 ? { journey: journeyOf(way, now) } : {};
  }
  const going = way ?? { kind: 'repair', startedAt: now, visits: [] };
  const isKnown = going.visits.some((visit) => visit.phase === phase);
  const isThere = going.visits.some(
    (visit) => visit.phase === phase && visit.lastedMs === undefined,
  );
  if (isThere) return { way: going };
  const left = leave(going, now);
  const visits = isKnown ? left : [...left, { phase, afterMs: now - going.startedAt }];
  return { way: { ...going, visits } };
}

const leave = ({ startedAt, visits }: Way, now: number): readonly Stay[] =>
  visits.map(({ phase, afterMs, lastedMs }) => ({
    phase,
    afterMs,
    lastedMs: lastedMs ?? Math.max(0, now - startedAt - afterMs),
  }));

const journeyOf = (way: Way, now: number): Journey => ({
  kind: way.kind,
  endedAt: iso(now),
  totalMs: Math.max(0, now - way.startedAt),
  visits: leave(way, now),
});
