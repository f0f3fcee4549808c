import { CloudError, type CreateDroplet, type CreateDroplets } from '../../src/cloud/cloud.ts';
import { ShellError } from '../../src/ssh/shell.ts';
import { StoreError } from '../../src/store/store.ts';
import { describeEffect, type Effect, natureOf } from '../simulation/gate.ts';
import type { Intercept } from '../simulation/process.ts';
import { World, type WorldOptions } from '../simulation/world.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { LIMIT_MS, type Scenario } from './scenarios.ts';

export const PERTURBATIONS = [
  /** The process dies just before the effect … */
  'crash before',
  /** … or just after it. */
  'crash after',
  /** It happens (or is read), and the process is told that nobody knows. */
  'response lost',
  /** It happens twice, and the second answer is told. */
  'repeated',
  /** The process stands still before it, long enough for another to take over, and goes on then. */
  'frozen before',
  /** A read answers what it answered before. */
  'stale read',
  'trigger lost',
] as const;
export type Perturbation = (typeof PERTURBATIONS)[number];

/** Longer than a takeover, and than a create may wait for its call. */
const FROZEN_MS = 40_000;
/** How old an answer of the cloud can be: its lists lag by seconds. */
const CLOUD_LAG_MS = 10_000;
/** Once settled it must stay so: late mistakes show within this time. */
const STAYS_MS = 35_000;
const SEED = 7;

export interface Strike {
  readonly index: number;
  readonly kind: Perturbation;
}

export interface Played {
  readonly outcome: unknown;
  /** From the first effect of the play to the moment at which all had settled. */
  readonly effects: readonly Effect[];
  readonly world: World;
}

/** Plays a scenario with at most one effect perturbed. Throws when an invariant breaks or it does not settle. */
export async function play(
  scenario: Scenario,
  strike?: Strike | undefined,
  options: Partial<WorldOptions> = {},
): Promise<Played> {
  const effects: Effect[] = [];
  const answers = new Answers();
  let isPlaying = false;
  const intercept: Intercept = async (effect, run, process) => {
    const index = isPlaying ? effects.push(effect) - 1 : -1;
    if (strike === undefined || index !== strike.index) {
      const answer = await run();
      if (strike?.kind === 'stale read') answers.note(effect, answer, world.clock.now());
      return answer;
    }
    switch (strike.kind) {
      case 'crash before':
        world.crash(process);
        return new Promise(() => {});
      case 'crash after': {
        const result = await run();
        world.crash(process);
        return result;
      }
      case 'response lost': {
        const result = await run();
        return unknownOutcome(effect, result);
      }
      case 'repeated':
        await run();
        world.invariants.pardonTwins(namesAskedFor(effect));
        return run();
      case 'frozen before':
        process.freeze();
        void world.startProcess();
        await world.clock.sleep(FROZEN_MS);
        process.resume();
        return run();
      case 'stale read': {
        const result = await run();
        return answers.before(effect, result, world.clock.now());
      }
      case 'trigger lost':
        return undefined as Awaited<ReturnType<typeof run>>;
    }
  };
  const world = new World({ random: seededRandom(SEED), intercept, ...options });
  await world.start([0]);
  await scenario.prepare?.(world);
  isPlaying = true;
  await scenario.play(world);
  await world.untilSettled(LIMIT_MS);
  const settled = [...effects];
  await world.advance(STAYS_MS);
  await world.untilSettled(LIMIT_MS);
  return { outcome: world.outcome(), effects: settled, world };
}

/** The strikes that mean something for what a clean run did, each once. */
export function strikesOf(kind: Perturbation, effects: readonly Effect[]): readonly Strike[] {
  return effects.flatMap((effect, index) =>
    applies(kind, effect) && !isCovered(kind, effects, index) ? [{ kind, index }] : [],
  );
}

/** Whether the strike at a neighbour comes to the same, since nothing lies between. */
function isCovered(kind: Perturbation, effects: readonly Effect[], index: number): boolean {
  const [before, effect, after] = [effects[index - 1], effects[index], effects[index + 1]];
  if (!effect) return true;
  if (kind === 'crash after') return after !== undefined && natureOf(after) !== 'read';
  if (natureOf(effect) !== 'read' || !before) return false;
  if (kind === 'response lost' && isOfRecords(effect) && isOfRecords(before)) return true;
  return (
    after !== undefined && [before, after].every((one) => questionOf(one) === questionOf(effect))
  );
}

/** A read of what is recorded: when one of several in a row fails, the pass ends there. */
const isOfRecords = (effect: Effect): boolean =>
  natureOf(effect) === 'read' && (effect.port === 'store' || effect.port === 'view');

function applies(kind: Perturbation, effect: Effect): boolean {
  const nature = natureOf(effect);
  switch (kind) {
    case 'crash before':
    case 'crash after':
      return nature !== 'read';
    case 'frozen before':
      return nature === 'write' && effect.port !== 'journal';
    case 'response lost':
      // Events, notes and triggers are best effort: their caller is never told.
      return nature !== 'trigger' && effect.method !== 'event' && effect.method !== 'note';
    case 'repeated':
      return nature === 'write';
    case 'stale read':
      // A class as it was before makes a machine of the old class: right, and mended by the next look.
      return (
        STALE_READS.has(`${effect.port}.${effect.method}`) && effect.args[0] !== 'InstanceClass'
      );
    case 'trigger lost':
      return nature === 'trigger';
  }
}

const STALE_READS: ReadonlySet<string> = new Set([
  'store.get',
  'view.find',
  'view.lastSweep',
  'view.access',
  'cloud.listDroplets',
  'cloud.findByName',
  'cloud.getDroplet',
]);

/** The droplets that an effect asks the cloud to make, if any. */
function namesAskedFor({ method, args: [request] }: Effect): readonly string[] {
  if (method === 'createDroplet') return [(request as CreateDroplet).name];
  return method === 'createDroplets' ? (request as CreateDroplets).names : [];
}

/** What a process hears when the answer was lost. */
function unknownOutcome<T>(effect: Effect, result: T): T {
  const why = `${describeEffect(effect)}: the answer was lost`;
  switch (effect.port) {
    case 'cloud':
      throw new CloudError('outcome-unknown', why);
    case 'shell':
      if (effect.method === 'knock') return 'unreachable' as T;
      throw new ShellError('closed', why);
    case 'bot':
      return { healthy: false, why } as T;
    case 'store':
    case 'view':
    case 'journal':
      throw new StoreError('unavailable', why);
    case 'queue':
      return result;
  }
}

/** What each question was answered so far. */
class Answers {
  readonly #last = new Map<string, { text: string; value: unknown; until: number }>();
  readonly #before = new Map<string, { value: unknown; until: number }>();

  note(effect: Effect, answer: unknown, now: number): void {
    if (!STALE_READS.has(`${effect.port}.${effect.method}`)) return;
    const question = questionOf(effect);
    const last = this.#last.get(question);
    const text = JSON.stringify(answer) ?? '';
    if (last?.text === text) {
      last.until = now;
      return;
    }
    if (last) this.#before.set(question, last);
    this.#last.set(question, { text, value: structuredClone(answer), until: now });
  }

  /** The answer to the same question before it changed last; the true one when there is none, or it is too old to be believed. */
  before<T>(effect: Effect, truth: T, now: number): T {
    const question = questionOf(effect);
    const last = this.#last.get(question);
    const isSame = last?.text === (JSON.stringify(truth) ?? '');
    const old = isSame ? this.#before.get(question) : last;
    const isTooOld = effect.port === 'cloud' && old && now - old.until > CLOUD_LAG_MS;
    return old && !isTooOld ? (structuredClone(old.value) as T) : truth;
  }
}

const questionOf = ({ port, method, args }: Effect): string =>
  `${port}.${method} ${JSON.stringify(args.filter((arg) => !(arg instanceof AbortSignal)))}`;
