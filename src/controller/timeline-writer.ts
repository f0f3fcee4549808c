import type { Clock } from '../clock.ts';
import type { Instance } from '../resources/instance.ts';
import type { Kind, ObjectOf } from '../resources/kinds.ts';
import type { Journal } from '../store/journal.ts';
import { type Plan, reasonOf } from './reconciler.ts';

/** What is done again and again while all is well: noted each time, it would push all else out. */
const ROUTINE: ReadonlySet<string> = new Set(['check-bot', 'save-session']);
/** What was noted is noted again after so long: a process that died between writing a status and noting it is made up for, and the timeline does not expire. */
const REPEAT_MS = 3_600_000;

/**
 * Notes in the journal what instances are about, whenever that changes. A droplet's waits show in its instance's.
 * What this process noted last is remembered, so that a pass that changes nothing costs no request.
 */
export class TimelineWriter {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #noted = new Map<string, { readonly what: string; readonly at: number }>();

  constructor(deps: { readonly journal: Journal; readonly clock: Clock }) {
    this.#journal = deps.journal;
    this.#clock = deps.clock;
  }

  /** To be called with an object as just written, and the plan that its status tells of. Never throws. */
  async note(kind: Kind, object: ObjectOf[Kind], plan: Plan<string>): Promise<void> {
    if (kind !== 'Instance') return;
    const { metadata, status } = object as Instance;
    const step = 'do' in plan ? plan.do : null;
    if (!status || (step !== null && ROUTINE.has(step))) return;
    const note = {
      phase: status.phase,
      step,
      reason: reasonOf(plan),
      message: plan.why,
      until: 'wait' in plan ? plan.until : undefined,
      resourceVersion: metadata.resourceVersion,
    };
    // A time to look again by moves on with every pass, and is no news.
    const what = JSON.stringify([metadata.uid, note.phase, step, note.reason, note.message]);
    const last = this.#noted.get(metadata.name);
    const now = this.#clock.now();
    if (last?.what === what && now - last.at < REPEAT_MS) return;
    await this.#journal.note(metadata.name, metadata.uid, note);
    this.#noted.set(metadata.name, { what, at: now });
  }

  /** The object is no more. */
  forget(kind: Kind, name: string): void {
    if (kind === 'Instance') this.#noted.delete(name);
  }
}
