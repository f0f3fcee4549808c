import { CloudError } from '../cloud/cloud.ts';
import { type Kind, kinds, type ObjectOf } from '../resources/kinds.ts';
import { StoreError } from '../store/store.ts';
import type { ControllerDeps } from './deps.ts';

/**
 * What to do next about one object, and why. `why` is a sentence for people and becomes the message of a condition.
 * Times in ms since the epoch; durations in ms.
 */
export type Plan<Step extends string> =
  /** One effect, now. */
  | { readonly do: Step; readonly why: string }
  /** Nothing to do until something happens, or `until` at the latest. */
  | { readonly wait: string; readonly why: string; readonly until?: number | undefined }
  /** As wanted; look again after `lookAgain` (0: only when triggered). */
  | { readonly settled: string; readonly why: string; readonly lookAgain: number }
  /** Given up, until the object is changed. */
  | { readonly fail: string; readonly why: string };

/** A condition's reason, CamelCase: the name of the step, or what is waited for. */
export function reasonOf(plan: Plan<string>): string {
  if ('do' in plan)
    return plan.do.replace(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase());
  if ('wait' in plan) return plan.wait;
  return 'settled' in plan ? plan.settled : plan.fail;
}

/** Undefined: plan again at once. `lookAgain`: end the pass and come back after so many ms. `gone`: the object is no more. */
export type StepResult = { readonly lookAgain: number } | 'gone' | undefined;

export interface StepContext<K extends Kind, Facts> {
  /** As last read or saved. */
  readonly object: ObjectOf[K];
  readonly facts: Facts;
  readonly deps: ControllerDeps;
  /** The pass must end: the key was given to another, or the process stops. */
  readonly signal: AbortSignal;
  /** The wish or the machine changed: stop waiting, and plan anew. */
  readonly changed: AbortSignal;
  /** Writes what was learnt, by compare-and-swap; `object` is what was written. Throws StoreError `conflict`. */
  save(learnt: Partial<NonNullable<ObjectOf[K]['status']>>): Promise<void>;
  /** The same, written along with what is planned next: for what is found out again should the process die before. */
  learn(learnt: Partial<NonNullable<ObjectOf[K]['status']>>): void;
  /** As `save`, for a fact that must not get lost: over whatever else was written meanwhile, as long as `holds` says so of the latest object. */
  saveFact(
    learnt: Partial<NonNullable<ObjectOf[K]['status']>>,
    holds: (latest: ObjectOf[K]) => boolean,
  ): Promise<void>;
  /** Records an event about the object. */
  event(type: 'Normal' | 'Warning', reason: string, message: string): Promise<void>;
}

type Step<K extends Kind, Facts> = (context: StepContext<K, Facts>) => Promise<StepResult>;

/** observe → plan → step, for one kind. `plan` and `status` are pure. */
export interface Reconciler<K extends Kind, Facts, StepName extends string> {
  readonly kind: K;
  observe(object: ObjectOf[K], deps: ControllerDeps, signal: AbortSignal): Promise<Facts>;
  plan(object: ObjectOf[K], facts: Facts, now: number): Plan<StepName>;
  /** The status that people and programs should see while `plan` is carried out. */
  status(
    object: ObjectOf[K],
    facts: Facts,
    plan: Plan<StepName>,
    now: number,
  ): NonNullable<ObjectOf[K]['status']>;
  readonly steps: Readonly<Record<StepName, Step<K, Facts>>>;
}

/** A pass that has not come to rest after so many steps gives others a turn. */
const MAX_STEPS = 25;
/** How soon to look again when someone else wrote the object meanwhile. */
const AT_ONCE_MS = 1;
const UNAUTHORIZED_LOOK_MS = 60_000;
const MAX_TRIES = 5;

const isConflict = (error: unknown): boolean =>
  error instanceof StoreError && error.kind === 'conflict';

/**
 * One pass over one object: steps follow each other while there is nothing to wait for.
 * Answers in how many ms to look again, 0 for only when triggered. Throws what a step could not deal with, for the queue to back off.
 */
export async function reconcile<K extends Kind, Facts, StepName extends string>(
  reconciler: Reconciler<K, Facts, StepName>,
  name: string,
  deps: ControllerDeps,
  signal: AbortSignal,
  changed: AbortSignal,
): Promise<number> {
  const object = await deps.store.get(reconciler.kind, name);
  if (!object) return 0;
  const run = () => passOver(reconciler, object, deps, signal, changed);
  return deps.observer ? deps.observer.pass(object, run) : run();
}

async function passOver<K extends Kind, Facts, StepName extends string>(
  reconciler: Reconciler<K, Facts, StepName>,
  first: ObjectOf[K],
  deps: ControllerDeps,
  signal: AbortSignal,
  changed: AbortSignal,
): Promise<number> {
  const { store, clock, observer } = deps;
  const { kind } = reconciler;
  const { name } = first.metadata;
  let object = first;
  const log = deps.log.child({ [kinds[kind].singular]: name, uid: object.metadata.uid });

  let isWritten = true;
  const save = async (status: NonNullable<ObjectOf[K]['status']>): Promise<ObjectOf[K]> => {
    object = await store.updateStatus(kind, { ...object, status });
    isWritten = true;
    return object;
  };

  const learn = (learnt: Partial<NonNullable<ObjectOf[K]['status']>>): void => {
    object = { ...object, status: { ...object.status, ...learnt } };
    isWritten = false;
  };

  /** Before the pass ends, what was learnt last is written down. */
  const rest = async (lookAgain: number): Promise<number> => {
    if (!isWritten) await save(object.status as NonNullable<ObjectOf[K]['status']>);
    return lookAgain;
  };

  for (let turn = 0; ; turn++) {
    let facts: Facts | undefined;
    try {
      if (signal.aborted || turn === MAX_STEPS) return await rest(AT_ONCE_MS);
      const seen = await reconciler.observe(object, deps, signal);
      facts = seen;
      const plan = reconciler.plan(object, seen, clock.now());
      object = await save(reconciler.status(object, seen, plan, clock.now()));
      await deps.timeline.note(kind, object, plan);
      if (!('do' in plan)) return restOf(plan, clock.now());

      log.info({ step: plan.do }, plan.why);
      const context: StepContext<K, Facts> = {
        get object() {
          return object;
        },
        facts: seen,
        deps,
        signal,
        changed,
        save: async (learnt) => {
          await save({ ...object.status, ...learnt } as NonNullable<ObjectOf[K]['status']>);
        },
        learn,
        saveFact: async (learnt, holds) => {
          for (let tries = 1; ; tries++) {
            try {
              return await context.save(learnt);
            } catch (error) {
              if (!isConflict(error) || tries === MAX_TRIES) throw error;
              const latest = await store.get(kind, name);
              if (!latest || !holds(latest)) throw error;
              object = latest;
            }
          }
        },
        event: (type, reason, message) =>
          deps.journal.event({ kind, name, uid: object.metadata.uid }, type, reason, message),
      };
      const step = () => reconciler.steps[plan.do](context);
      const result = observer ? await observer.step(object, plan.do, step) : await step();
      if (result === 'gone') {
        deps.timeline.forget(kind, name);
        return 0;
      }
      if (result) return await rest(result.lookAgain);
      if (changed.aborted) return await rest(AT_ONCE_MS);
    } catch (error) {
      if (isConflict(error)) return AT_ONCE_MS;
      if (error instanceof StoreError && error.kind === 'not-found') return 0;
      if (!(error instanceof CloudError)) throw error;
      const wait = waitForCloud<StepName>(error, clock.now());
      log.warn({ reason: wait.wait }, wait.why);
      if (facts !== undefined) {
        object = await save(reconciler.status(object, facts, wait, clock.now()));
        await deps.timeline.note(kind, object, wait);
      }
      if (wait.until === undefined) throw error;
      return restOf(wait, clock.now());
    }
  }
}

function restOf(plan: Exclude<Plan<string>, { do: string }>, now: number): number {
  if ('wait' in plan) return plan.until === undefined ? 0 : Math.max(plan.until - now, AT_ONCE_MS);
  return 'settled' in plan ? plan.lookAgain : 0;
}

/** What an object waits for after the cloud's no. `until`: it concerns the account, and is waited out; without it, the queue backs off. */
function waitForCloud<StepName extends string>(
  error: CloudError,
  now: number,
): Extract<Plan<StepName>, { wait: string }> {
  if (error.kind === 'rate-limited') {
    const until = error.retryAt ?? now + 10_000;
    const seconds = Math.ceil(((error.expectedAt ?? until) - now) / 1000);
    return { wait: 'RateLimited', why: `${error.message} That is in about ${seconds} s.`, until };
  }
  if (error.kind === 'unauthorized') {
    const until = error.retryAt ?? now + UNAUTHORIZED_LOOK_MS;
    return { wait: 'Unauthorized', why: error.message, until };
  }
  return {
    wait: error.kind === 'refused' ? 'CloudRefused' : 'CloudUnavailable',
    why: error.message,
  };
}
