// While a create of ours is lost, somebody else makes a droplet of the same name: it is theirs, whatever becomes of ours.
import { expect, it } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { findPlace } from '../../src/simulator/place.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573332221111';
const NAME = instanceName(NUMBER);
const LIMIT_MS = 600_000;
const TAGS_LATE_MS = 20_000;

it.each([
  ['without tags', [], 's-1vcpu-512mb-10gb'],
  ['with tags of its own', ['web'], 's-1vcpu-512mb-10gb'],
  ['of another size', [], 's-1vcpu-1gb'],
])('a namesake %s is neither taken nor deleted', async (_what, tags, size) => {
  const world = new World({
    random: seededRandom(11),
    account: { tagLagMs: { least: TAGS_LATE_MS, most: TAGS_LATE_MS } },
  });
  await world.start([0, 400]);
  world.setFaults([
    { fault: { kind: 'lose-response' }, on: { operations: ['createDroplet'] }, times: 1 },
  ]);
  await world.create(NUMBER);
  await world.until('ours is made', () => world.account.living().length === 1, LIMIT_MS);
  const [theirs] = world.account.create({
    names: [NAME],
    ...findPlace('sfo3', size, 'ubuntu-24-04-x64'),
    tags,
    userData: '',
    publicKeys: [],
    features: [],
    vpcUuid: undefined,
  });
  await world.untilSettled(LIMIT_MS);
  const ours = world.account.living().find(({ id }) => id !== theirs?.id);
  expect(world.store.peek('Droplet', NAME)?.status?.id).toBe(ours?.id);
  await world.delete(NUMBER);
  await world.untilSettled(LIMIT_MS);
  expect(world.account.living().map(({ id }) => id)).toEqual([theirs?.id]);
});
