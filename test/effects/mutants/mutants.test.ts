// The net holds: each of these deliberate faults is caught by a scenario, clean or with one effect struck.
import { afterEach, describe, expect, it } from 'vitest';
import { type Perturbation, play, strikesOf } from '../perturb.ts';
import {
  claiming,
  ending,
  filling,
  growingOld,
  keeping,
  making,
  type Scenario,
} from '../scenarios.ts';
import { type Mutant, mutants } from './mutants.ts';

/** By what a mutant is caught: a scenario as it is, or with some effect of it struck. */
type Net = readonly [scenario: string, kind?: Perturbation];

const nets: Readonly<Record<keyof typeof mutants, Net>> = {
  skipsTheIntent: ['create', 'crash after'],
  savesTheIdLate: ['create', 'crash before'],
  takesAFailedLookForAbsence: ['create whose answer is lost, while nothing can be looked up'],
  takesAFailedGetForGone: ['delete that takes long'],
  dropsTheFinalizerEarly: ['delete'],
  overwrites: ['delete while the create is on its way', 'frozen before'],
  postsAgainAtOnce: ['create', 'response lost'],
  adoptsByNameAlone: ['delete beside a foreign droplet of the same name'],
  deletesByName: ['delete beside a foreign droplet of the same name'],
  ignoresNewborns: ['create of a droplet that hides at first'],
  believesTheBootstrap: ['create'],
  replacesWithoutProof: ['the machine is sick for good'],
  collectsWithoutRecords: ['an instance grows old'],
  deletesUnderAnOpenIntent: ['delete while the create is on its way', 'crash after'],
  keepsDuplicates: ['create', 'repeated'],
  keepsTheAbandoned: ['delete while the bootstrap runs', 'frozen before'],
  claimsWithoutComparing: ['two instances and one droplet that waits', 'frozen before'],
  asksForManyWithoutIntent: ['fill a pool by an answer that gets lost'],
};

const scenarios = [...making, ...keeping, ...ending, ...claiming, ...filling, growingOld];

let undo: (() => void) | undefined;
afterEach(() => undo?.());

describe('a controller that', () => {
  it.each(Object.entries(nets) as [keyof typeof mutants, Net][])(
    '%s is caught',
    async (key, net) => {
      const mutant: Mutant = mutants[key];
      const [name, kind] = net;
      const scenario = scenarios.find((one) => one.name === name);
      if (!scenario) throw new Error(`There is no scenario "${name}"`);
      const { effects } = await play(scenario);
      undo = mutant.install?.();
      const caught = await firstFailure(scenario, kind, effects, mutant);
      expect(caught, `${mutant.name}: nothing fails`).toBeDefined();
    },
  );
});

/** How the mutant fails: a promise broken, or no end. */
async function firstFailure(
  scenario: Scenario,
  kind: Perturbation | undefined,
  effects: Parameters<typeof strikesOf>[1],
  { tamper }: Mutant,
): Promise<string | undefined> {
  for (const strike of kind === undefined ? [undefined] : strikesOf(kind, effects)) {
    try {
      await play(scenario, strike, { tamper });
    } catch (error) {
      return (error as Error).message;
    }
  }
  return undefined;
}
