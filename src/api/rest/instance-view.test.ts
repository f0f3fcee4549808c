import { describe, expect, test } from 'vitest';
import { anInstance, NUMBER } from '../../../test/builders.ts';
import type { Condition } from '../../resources/condition.ts';
import type { InstanceStatus } from '../../resources/instance.ts';
import type { Phase } from '../../resources/phase.ts';
import { viewOf } from './instance-view.ts';

const failure = (generation: number): InstanceStatus['failure'] => ({
  reason: 'BootstrapFailed',
  message: 'The bootstrap ended with exit code 1',
  phase: 'initializing',
  generation,
  at: '2026-01-01T00:10:00.000Z',
});

const notReady = (reason: string): Condition => ({
  type: 'Ready',
  status: 'False',
  reason,
  message: `because of ${reason}`,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

describe('viewOf', () => {
  test('what holds it up until somebody sees to it is an error; ordinary waiting is none', () => {
    const errorFor = (reason: string) =>
      viewOf(anInstance({ status: { conditions: [notReady(reason)] } })).error;
    expect(errorFor('QuotaExceeded')).toBe('«because of QuotaExceeded»');
    expect(errorFor('ClassNotFound')).toBe('«because of ClassNotFound»');
    expect(errorFor('DropletBooting')).toBeNull();
  });

  test('what held it up before it failed and was changed is past', () => {
    const status = {
      phase: 'failed',
      conditions: [notReady('HostKeyMismatch')],
      failure: failure(1),
    } as const;
    expect(viewOf(anInstance({ metadata: { generation: 2 }, status })).error).toBeNull();
  });

  test('without a status: at the beginning, nothing known of a droplet', () => {
    expect(viewOf(anInstance())).toEqual({
      status: 'creating_droplet',
      progress: 25,
      error: null,
      instanceInfo: null,
    });
  });

  test.each<[Phase, number]>([
    ['creating_droplet', 25],
    ['waiting_for_ssh', 50],
    ['initializing', 75],
    ['completed', 100],
  ])('in phase %s: %i percent and no error', (phase, progress) => {
    expect(viewOf(anInstance({ status: { phase, progress } }))).toMatchObject({
      status: phase,
      progress,
      error: null,
    });
  });

  test('with a droplet: its details, what is not known yet as null', () => {
    const status = { dropletId: 42, dropletState: 'new' };
    expect(viewOf(anInstance({ status })).instanceInfo).toEqual({
      instanceName: `bot-${NUMBER}`,
      ip: null,
      state: 'new',
      created: '2026-01-01T00:00:00Z',
      numberphone: NUMBER,
      dropletId: 42,
    });
    const known = { ...status, ip: '203.0.113.7', dropletState: 'active' };
    expect(viewOf(anInstance({ status: known })).instanceInfo).toMatchObject({
      ip: '203.0.113.7',
      state: 'active',
    });
  });

  test('failed: why, and how far it had come', () => {
    const status = { phase: 'failed', progress: 75, failure: failure(1) } as const;
    expect(viewOf(anInstance({ status }))).toMatchObject({
      status: 'failed',
      progress: 75,
      error: 'La preparación terminó con código 1',
    });
  });

  test('changed after it failed: at the beginning again, before any controller has seen it', () => {
    const status = { phase: 'failed', progress: 75, dropletId: 42, failure: failure(1) } as const;
    expect(viewOf(anInstance({ metadata: { generation: 2 }, status }))).toMatchObject({
      status: 'creating_droplet',
      progress: 25,
      error: null,
      instanceInfo: { dropletId: 42 },
    });
  });

  test('changed while it is well: as it stands', () => {
    const status = { phase: 'completed', progress: 100 } as const;
    expect(viewOf(anInstance({ metadata: { generation: 2 }, status }))).toMatchObject({
      status: 'completed',
      progress: 100,
    });
  });

  test.each([
    ['that was never seen', undefined, 25, null],
    ['that was completed', { phase: 'completed', progress: 100 } as const, 100, null],
    [
      'that had failed',
      { phase: 'failed', progress: 75, failure: failure(1) } as const,
      75,
      'La preparación terminó con código 1',
    ],
  ])('an instance %s, being deleted', (_, status, progress, error) => {
    const metadata = { deletionTimestamp: '2026-01-01T01:00:00Z' };
    const instance = anInstance(status ? { metadata, status } : { metadata });
    expect(viewOf(instance)).toMatchObject({ status: 'deleting', progress, error });
  });
});
