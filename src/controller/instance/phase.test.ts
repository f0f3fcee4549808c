import { describe, expect, it } from 'vitest';
import { aDroplet, anInstance, T0, time } from '../../../test/builders.ts';
import { completed, machine, noFacts, prepared, ready, ssh } from '../../../test/instance-plans.ts';
import { getCondition } from '../../resources/condition.ts';
import type { Droplet } from '../../resources/droplet.ts';
import type { Instance, InstanceStatus } from '../../resources/instance.ts';
import { planInstance } from './plan.ts';
import { instanceStatus } from './status.ts';

describe('the phase that follows', () => {
  const phaseAt = (
    status: Partial<InstanceStatus>,
    droplet: Droplet | undefined,
    seconds: number,
    metadata: Partial<Instance['metadata']> = {},
  ) => {
    const instance = anInstance({ status, metadata });
    const facts = { ...noFacts, droplet };
    const now = T0 + seconds * 1000;
    const { phase, progress } = instanceStatus(
      instance,
      facts,
      planInstance(instance, facts, now),
      now,
    );
    return [phase, progress];
  };

  it('rises 25, 50, 75, 100 on the way', () => {
    expect(phaseAt({}, undefined, 0)).toEqual(['creating_droplet', 25]);
    expect(phaseAt({}, ready, 2)).toEqual(['waiting_for_ssh', 50]);
    expect(phaseAt({ ssh }, ready, 6)).toEqual(['initializing', 75]);
    expect(phaseAt({ ssh, bootstrap: prepared }, ready, 21)).toEqual(['initializing', 75]);
    expect(phaseAt(completed, ready, 22)).toEqual(['completed', 100]);
  });

  it('of a failed instance keeps the progress of the phase in which it failed', () => {
    const failed = { ssh, bootstrap: { ...prepared, exitCode: 1, attempt: 4 } };
    expect(phaseAt(failed, ready, 100)).toEqual(['failed', 75]);
  });

  it('of a machine that was off leads over a new SSH session, as after a reboot', () => {
    const off = aDroplet({ status: { ...machine, state: 'off' } });
    const instance = anInstance({ status: completed });
    const facts = { ...noFacts, droplet: off };
    const now = T0 + 30_000;
    const seen = instanceStatus(instance, facts, planInstance(instance, facts, now), now);
    expect([seen.phase, seen.ssh?.isUp]).toEqual(['creating_droplet', false]);
    expect(phaseAt(seen, ready, 31)).toEqual(['waiting_for_ssh', 50]);
  });

  it('stays while nobody looks after a bot that runs: paused, or its class is gone', () => {
    const now = T0 + 500_000;
    const pausing = anInstance({
      spec: { paused: true },
      status: { ...completed, pausedAt: time(30) },
    });
    const changed = { ...noFacts, droplet: ready, revision: 'r2' };
    const paused = instanceStatus(pausing, changed, planInstance(pausing, changed, now), now);
    expect([paused.phase, paused.progress]).toEqual(['completed', 100]);
    const instance = anInstance({ status: completed });
    const facts = { ...noFacts, droplet: ready, class: undefined, revision: '' };
    const seen = instanceStatus(instance, facts, planInstance(instance, facts, now), now);
    expect(seen.phase).toBe('completed');
    expect(getCondition(seen.conditions, 'Ready')).toMatchObject({
      status: 'Unknown',
      reason: 'ClassNotFound',
    });
  });

  it('is deleting while a deletion runs', () => {
    const deleting = { deletionTimestamp: time(0) };
    expect(phaseAt(completed, ready, 22, deleting)).toEqual(['deleting', 100]);
  });
});
