import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDroplet, anInstance, T0, time } from '../../../test/builders.ts';
import { machine, noFacts, ready, ssh } from '../../../test/instance-plans.ts';
import type { Instance } from '../../resources/instance.ts';
import { inSpanish } from '../../resources/spanish/in-spanish.ts';
import type { InstanceFacts } from './facts.ts';
import { planInstance } from './plan.ts';
import { instanceStatus } from './status.ts';

describe('whatever the facts', () => {
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const anyTime = fc.integer({ min: 0, max: 1000 }).map(time);
  const anyStatus = fc.record({
    ssh: maybe(fc.constantFrom(ssh, { ...ssh, dropletId: 9 }, { ...ssh, isUp: false })),
    bootstrap: maybe(
      fc.record({
        run: fc.constant('x'),
        revision: fc.constantFrom('r1', 'r0'),
        dropletId: fc.constantFrom(1001, 9),
        attempt: fc.integer({ min: 1, max: 5 }),
        startedAt: anyTime,
        finishedAt: maybe(anyTime),
        exitCode: fc.constantFrom(0, 1, 124),
      }),
    ),
    bot: maybe(
      fc.record({
        failures: fc.integer({ min: 0, max: 5 }),
        lastHealthyAt: maybe(anyTime),
        lastCheckedAt: maybe(anyTime),
        startedAt: maybe(anyTime),
      }),
    ),
    repairs: maybe(
      fc.record({
        rung: fc.constantFrom(undefined, 'restart-service' as const, 'reboot' as const),
        replacements: fc.integer({ min: 0, max: 3 }),
      }),
    ),
  });
  const anyDroplet = maybe(
    fc.constantFrom(
      ready,
      aDroplet({ status: { id: 1001, acceptedAt: time(1) } }),
      aDroplet({ status: { ...machine, state: 'off' } }),
      aDroplet({ metadata: { deletionTimestamp: time(0) } }),
      aDroplet({ metadata: { ownerReferences: [] } }),
    ),
  );
  const check = (
    property: (
      plan: ReturnType<typeof planInstance>,
      instance: Instance,
      facts: InstanceFacts,
      now: number,
    ) => void,
  ) =>
    fc.assert(
      fc.property(
        anyStatus,
        anyDroplet,
        fc.boolean(),
        fc.boolean(),
        maybe(fc.constant('brake')),
        fc.integer({ min: 0, max: 2000 }),
        (status, droplet, isSwept, isDeleting, brake, at) => {
          const instance = anInstance({
            status,
            metadata: isDeleting ? { deletionTimestamp: time(0) } : {},
          });
          const facts = {
            ...noFacts,
            droplet,
            isSwept,
            brakes: { repairs: brake, replacements: undefined },
          };
          const now = T0 + at * 1000;
          property(planInstance(instance, facts, now), instance, facts, now);
        },
      ),
      { numRuns: 5_000 },
    );

  it('a droplet is declared only when none of the name is there and the account was looked at', () => {
    check((plan, instance, facts) => {
      if (!('do' in plan) || plan.do !== 'create-droplet') return;
      expect(facts.droplet).toBeUndefined();
      expect(facts.isSwept).toBe(true);
      expect(instance.metadata.deletionTimestamp).toBeUndefined();
    });
  });

  it('nothing is done to a droplet that another owns', () => {
    check((plan, _, facts) => {
      if (facts.droplet?.metadata.ownerReferences?.length !== 0 || !('do' in plan)) return;
      expect(plan.do).toBe('finalize');
    });
  });

  it('no repair is made while a brake holds', () => {
    check((plan, { status }, { brakes, droplet }) => {
      if (!brakes.repairs || !('do' in plan) || droplet !== ready) return;
      if (status?.ssh?.dropletId !== 1001 || !status.ssh.isUp) return;
      expect(['restart-service', 'reboot', 'replace-droplet']).not.toContain(plan.do);
    });
  });

  it('no more droplets are given up than the class allows', () => {
    check((plan, { status }) => {
      if (!('do' in plan) || plan.do !== 'replace-droplet') return;
      expect(status?.repairs?.replacements ?? 0).toBeLessThan(2);
    });
  });

  it('all that is said of it is known in Spanish', () => {
    check((plan, instance, facts, now) => {
      const { conditions } = instanceStatus(instance, facts, plan, now);
      const said = [plan.why, ...conditions.map(({ message }) => message)];
      expect(said.filter((sentence) => sentence && !inSpanish(sentence))).toEqual([]);
    });
  });

  it('completed and failed are never true at once, and completed means Ready', () => {
    check((plan, instance, facts, now) => {
      const status = instanceStatus(instance, facts, plan, now);
      const isReady = status.conditions.find(({ type }) => type === 'Ready')?.status === 'True';
      if (status.phase === 'completed') expect(isReady && !status.failure).toBe(true);
      if (status.phase === 'failed') expect(isReady).toBe(false);
    });
  });
});
