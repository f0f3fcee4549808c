import { expect, it } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBERS = Array.from({ length: 10 }, (_, i) => `57333000000${i}`);

it('ten that claim at once take ten droplets by ten writes, and none is in the way of another', async () => {
  let takes = 0;
  const world = new World({
    random: seededRandom(3),
    intercept: async ({ port, method, args }, run) => {
      if (port === 'store' && method === 'update' && args[0] === 'Droplet') takes += 1;
      return run();
    },
  });
  await world.start([0]);
  await world.pool('warm', { replicas: 10 });
  const ready = () => world.store.peek('InstancePool', 'warm')?.status?.ready;
  await world.until('all are ready', () => ready() === 10, 900_000);
  takes = 0;
  await Promise.all(NUMBERS.map((number) => world.create(number)));
  const instances = () => NUMBERS.map((one) => world.store.peek('Instance', instanceName(one)));
  const areAll = () => instances().every((one) => one?.status?.phase === 'completed');
  await world.until('all are completed', areAll, 300_000);
  const names = instances().map((one) => one?.status?.dropletName ?? '');
  expect(names.filter((name) => name.startsWith('pool-'))).toHaveLength(10);
  expect(new Set(names).size).toBe(10);
  expect(takes).toBe(10);
});
