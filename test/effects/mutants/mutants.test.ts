// The net holds: each of these deliberate faults is caught by a scenario, clean or with one effect struck.
import { afterEach, describe, expect, it } from 'vitest';
import {
  anOrphanIsLeft,
  diesAsTheKeyIsReplaced,
  theAccountIsFull,
  theTokenIsRefused,
} from '../../simulation/journeys.ts';
import { deletesWithTheBudgetSpent } from '../../simulation/mass-delete.ts';
import { aNewbornHides } from '../../simulation/newborn.ts';
import { type Perturbation, play, strikesOf } from '../perturb.ts';
import {
  claiming,
  ending,
  filling,
  growingOld,
  keeping,
  making,
  rollingOut,
  type Scenario,
} from '../scenarios.ts';
import { claimMutants } from './claim-mutants.ts';
import { dropletMutants } from './droplet-mutants.ts';
import type { Mutant } from './mutation.ts';
import { sharingMutants } from './sharing-mutants.ts';

const mutants = { ...dropletMutants, ...claimMutants, ...sharingMutants };

/** By what a mutant is caught: a scenario as it is, or with some effect of it struck, or a journey of many instances. */
type Net =
  | readonly [scenario: string, kind?: Perturbation]
  | ((tamper: Mutant['tamper']) => Promise<void>);

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
  takesBesideItsOwn: ['claim by one that is held up'],
  asksForManyWithoutIntent: ['fill a pool by an answer that gets lost'],
  believesTheFirst404: aNewbornHides,
  forgetsItsSuspicion: anOrphanIsLeft,
  forgetsTheRefusedToken: theTokenIsRefused,
  forgetsTheFullAccount: theAccountIsFull,
  spendsTheLastTenth: (tamper) => deletesWithTheBudgetSpent(60, tamper),
  activatesTheKeyUnnoted: diesAsTheKeyIsReplaced,
  givesTwoTurns: ['the class is edited under a running fleet'],
};

const scenarios = [
  ...making,
  ...keeping,
  ...ending,
  ...claiming,
  ...filling,
  ...rollingOut,
  growingOld,
];

let undo: (() => void) | undefined;
afterEach(() => undo?.());

describe('a controller that', () => {
  it.each(Object.entries(nets) as [keyof typeof mutants, Net][])(
    '%s is caught',
    async (key, net) => {
      const mutant: Mutant = mutants[key];
      if (typeof net === 'function') {
        undo = mutant.install?.();
        await expect(net(mutant.tamper), `${mutant.name}: nothing fails`).rejects.toThrow();
        return;
      }
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
