import { describe, expect, it } from 'vitest';
import type { InstanceFacts, InstanceStep } from '../src/controller/instance/facts.ts';
import { planInstance } from '../src/controller/instance/plan.ts';
import type { InstanceStatus } from '../src/resources/instance.ts';
import { aClass, aDroplet, anInstance, T0, time } from './builders.ts';

export const machine = {
  id: 1001,
  ip: '127.10.0.1',
  state: 'active',
  acceptedAt: time(1),
  attempts: 1,
};
export const ready = aDroplet({ status: machine });
export const noFacts: InstanceFacts = {
  class: aClass(),
  wanted: aClass().droplet,
  classVersion: 'uid-class 1',
  droplet: undefined,
  own: undefined,
  revision: 'r1',
  classRevision: 'c1',
  hasTurn: false,
  poolRevision: 'p1',
  waiting: undefined,
  missingSecret: undefined,
  isSwept: true,
  sweptAt: T0,
  foreign: undefined,
  left: undefined,
  // One interval after the look of `completed`: a bot's own moment would come sooner.
  firstLookAt: T0 + 51_000,
  sighting: undefined,
  brakes: { repairs: undefined, replacements: undefined },
};
export const ssh = { dropletId: 1001, hostKey: 'ssh-ed25519 AAAA', since: time(5), isUp: true };
export const run = { run: 'x-r1', revision: 'r1', dropletId: 1001, attempt: 1, startedAt: time(6) };
export const prepared = { ...run, finishedAt: time(20), exitCode: 0 };
export const well = { failures: 0, lastHealthyAt: time(21), lastCheckedAt: time(21) };
export const completed: Partial<InstanceStatus> = { ssh, bootstrap: prepared, bot: well };
export const sick = { ...well, failures: 3, problem: 'no answer' };
export const failure = {
  reason: 'X',
  message: 'why',
  phase: 'initializing',
  generation: 1,
  at: time(0),
} as const;

export interface Case {
  name: string;
  instance?: Parameters<typeof anInstance>[0];
  facts?: Partial<InstanceFacts>;
  at?: number;
  expect: InstanceStep | Record<string, unknown>;
}

/** Holds the plan for an instance to a table. */
export function holdsFor(what: string, cases: readonly Case[]): void {
  describe(`the plan for an instance: ${what}`, () => {
    it.each(cases)('$name', ({ instance, facts, at = 0, expect: wanted }) => {
      const plan = planInstance(anInstance(instance), { ...noFacts, ...facts }, T0 + at * 1000);
      expect(plan).toMatchObject(typeof wanted === 'string' ? { do: wanted } : wanted);
    });
  });
}
