// An edit of what droplets are replaces none that runs; the annotation does, and then nothing has drifted any more.
import { expect, it } from 'vitest';
import { getCondition } from '../../src/resources/condition.ts';
import { REPLACE_ANNOTATION } from '../../src/resources/meta.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573330000001';
const NAME = `bot-${NUMBER}`;
const LIMIT_MS = 600_000;

it('keeps a droplet that has drifted until a new one is asked for', async () => {
  const world = new World({ random: seededRandom(3) });
  await world.start([0, 500]);
  await world.create(NUMBER);
  await world.untilSettled(LIMIT_MS);
  const instance = () => {
    const object = world.store.peek('Instance', NAME);
    if (!object) throw new Error('The instance is gone');
    return object;
  };
  const drift = () => getCondition(instance().status?.conditions, 'Drifted');
  const drifted = () => world.store.peek('InstanceClass', 'default')?.status?.drifted;
  const first = instance().status?.dropletId;
  expect(drift()?.status).toBe('False');

  await world.editClass((spec) => ({ ...spec, droplet: { ...spec.droplet, size: 's-2vcpu-2gb' } }));
  await world.until('it has drifted', () => drift()?.status === 'True', LIMIT_MS);
  await world.until('the class counts it', () => drifted() === 1, LIMIT_MS);
  expect(drift()?.message).toContain('size s-1vcpu-512mb-10gb → s-2vcpu-2gb');
  await world.advance(900_000);
  expect([instance().status?.dropletId, instance().status?.phase]).toEqual([first, 'completed']);

  const { metadata } = instance();
  await world.store.update('Instance', {
    ...instance(),
    metadata: { ...metadata, annotations: { [REPLACE_ANNOTATION]: 'true' } },
  });
  await world.until('it is as wanted', () => drift()?.status === 'False', LIMIT_MS);
  await world.untilSettled(LIMIT_MS);
  await world.until('the class counts nobody', () => drifted() === 0, LIMIT_MS);
  expect(instance().status?.dropletId).not.toBe(first);
  expect(world.store.peek('Droplet', NAME)?.spec.size).toBe('s-2vcpu-2gb');
});
