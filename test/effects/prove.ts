import { describe, expect, it } from 'vitest';
import { describeEffect } from '../simulation/gate.ts';
import { PERTURBATIONS, type Perturbation, type Played, play, strikesOf } from './perturb.ts';
import type { Scenario } from './scenarios.ts';

/**
 * One test for each scenario and perturbation: as many runs as the clean run has effects that it applies to. `sample`: no more than
 * so many of them, spread evenly, unless the scenario is struck whole or EFFECTS=all.
 */
export function prove(
  scenarios: readonly Scenario[],
  { sample }: { readonly sample?: number | undefined } = {},
): void {
  describe.each(scenarios)('$name', (scenario) => {
    const most = process.env['EFFECTS'] === 'all' || scenario.isWhole ? undefined : sample;
    let clean: Promise<Played> | undefined;
    const cleanRun = (): Promise<Played> => {
      clean ??= play(scenario);
      return clean;
    };

    it('settles, and the same run has the same effects', async () => {
      const first = (await cleanRun()).effects.map(describeEffect);
      const again = (await play(scenario)).effects.map(describeEffect);
      expect(again).toEqual(first);
    });

    it.each(PERTURBATIONS)('ends as it should, whichever effect is struck: %s', async (kind) => {
      const { effects, outcome } = await cleanRun();
      for (const strike of spread(strikesOf(kind, effects), most)) {
        const struck = effects[strike.index];
        const where = `${kind} at effect ${strike.index}${struck ? `, ${describeEffect(struck)}` : ''}`;
        expect(await outcomeOf(scenario, kind, strike.index, where), where).toEqual(outcome);
      }
    });
  });
}

async function outcomeOf(
  scenario: Scenario,
  kind: Perturbation,
  index: number,
  where: string,
): Promise<unknown> {
  try {
    return (await play(scenario, { kind, index })).outcome;
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

/** At most so many of them, evenly, the first and the last included. */
function spread<T>(all: readonly T[], most: number | undefined): readonly T[] {
  if (most === undefined || all.length <= most) return all;
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => all[Math.round(i * step)] as T);
}
