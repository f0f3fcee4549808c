import { expect, it } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573332221111';
const NAME = instanceName(NUMBER);

it.each([
  ['seen by a sweep since', 60_000],
  ['seen by none since', 0],
])(
  'a number is refused while a pool droplet that an earlier instance of it left lives on, %s',
  async (_, pauseMs) => {
    const world = new World({ random: seededRandom(5) });
    await world.start([0]);
    await world.pool('warm', { replicas: 2 });
    const ready = () => world.store.peek('InstancePool', 'warm')?.status?.ready;
    await world.until('two wait', () => ready() === 2, 300_000);
    await world.create(NUMBER);
    const phase = () => world.store.peek('Instance', NAME)?.status?.phase;
    await world.until('it is completed', () => phase() === 'completed', 300_000);
    const left = world.store.peek('Instance', NAME)?.status;
    expect(left?.dropletName).toMatch(/^pool-/);
    await world.advance(pauseMs);
    await world.store.delete('Instance', NAME, { propagationPolicy: 'Orphan' });
    await world.until('it is gone', () => !world.store.peek('Instance', NAME), 60_000);
    await world.create(NUMBER);
    const isDecided = () => ['failed', 'completed'].includes(phase() ?? '');
    await world.until('it is decided', isDecided, 300_000);
    expect(world.store.peek('Instance', NAME)?.status?.failure?.reason).toBe('NumberServed');
    await world.advance(60_000);
    const serving = world.account.living().filter(({ name }) => name === NAME);
    expect(serving.map(({ id }) => id)).toEqual([left?.dropletId]);
  },
);
