// Proves that a droplet which waits in a pool becomes a bot in a moment, and tells how long that took beside a cold create.
import { describe, expect, inject } from 'vitest';
import { eventually } from '../eventually.ts';
import { inWorld as it, type Program, World } from './program.ts';

const COLD = '573330000001';
const WARM = ['573330000002', '573330000003'] as const;
const POOL = '/apis/orquesta.clientfy.io/v1/instancepools/warm';

interface PoolStatus {
  readonly ready: number;
  readonly booting: number;
  readonly claimed: number;
  readonly costUsdPerHour?: number;
}

const pool = (replicas: number): string => `
apiVersion: orquesta.clientfy.io/v1
kind: InstancePool
metadata: {name: warm}
spec: {replicas: ${replicas}}
`;

const statusOf = async (program: Program): Promise<PoolStatus> =>
  ((await (await program.request('GET', POOL)).json()) as { status: PoolStatus }).status;

/** From the call to "completed", in ms. */
async function createAndWait(program: Program, numberphone: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await program.request('POST', '/api/instance/create', { numberphone });
  expect(answer.status).toBe(202);
  const { status } = await program.reaches(numberphone, 'completed', 'failed');
  expect(status).toBe('completed');
  return Math.round(performance.now() - startedAt);
}

const namesOf = (world: World): readonly string[] =>
  world.simulator.account
    .living()
    .map(({ name }) => name)
    .sort();

describe('a warm pool', () => {
  it('gives its droplets to new instances, fills up again, and goes when it is scaled to zero', async ({
    world,
  }) => {
    const program = await world.run();
    const cold = await createAndWait(program, COLD);
    await program.apply(pool(2));
    await eventually('two droplets wait', async () => (await statusOf(program)).ready === 2);
    const waiting = world.simulator.account.living().filter(({ name }) => name.startsWith('pool-'));
    expect(waiting).toHaveLength(2);

    const warm: number[] = [];
    for (const number of WARM) warm.push(await createAndWait(program, number));
    console.log(`POST to completed: cold ${cold} ms, from the pool ${warm.join(' and ')} ms`);

    for (const number of WARM) {
      const { instanceInfo } = await program.reaches(number, 'completed');
      expect(waiting.map(({ id }) => id)).toContain(instanceInfo?.dropletId);
      await eventually('it has its name in the cloud', () =>
        namesOf(world).includes(`bot-${number}`),
      );
    }
    const full = await eventually('it fills up again', async () => {
      const status = await statusOf(program);
      return status.ready === 2 && status.claimed === 2 && status;
    });
    expect(full).toMatchObject({ ready: 2, booting: 0, claimed: 2 });

    await program.apply(pool(0));
    await eventually('nothing waits', () => namesOf(world).length === 3);
    expect(namesOf(world)).toEqual([COLD, ...WARM].map((number) => `bot-${number}`));
    await program.remove(WARM[0]);
    expect(namesOf(world)).toEqual([COLD, WARM[1]].map((number) => `bot-${number}`));
  });

  it('gives its droplets to instances that were held up while these filled the account', async () => {
    const world = await World.start(inject('redisUrl'), {
      account: { dropletLimit: 3, bootMs: { least: 10_000, most: 10_000 } },
    });
    try {
      const program = await world.run();
      await program.apply(pool(3));
      await eventually('it fills the account', () => world.live() === 3);
      const filling = world.simulator.account.living().map(({ id }) => id);
      for (const numberphone of WARM) {
        await program.request('POST', '/api/instance/create', { numberphone });
        await eventually('it is told why it waits', async () =>
          (await program.status(numberphone)).error?.includes('droplet limit'),
        );
      }
      expect((await statusOf(program)).ready).toBe(0);
      const ids: (number | undefined)[] = [];
      for (const number of WARM) {
        const { status, instanceInfo } = await program.reaches(number, 'completed', 'failed');
        expect(status).toBe('completed');
        ids.push(instanceInfo?.dropletId);
      }
      expect(filling).toEqual(expect.arrayContaining(ids));
      expect(new Set(ids).size).toBe(2);
      await eventually('they have their names in the cloud', () =>
        WARM.every((number) => namesOf(world).includes(`bot-${number}`)),
      );
      await eventually('one still waits', async () => {
        const { ready, claimed } = await statusOf(program);
        return ready === 1 && claimed === 2;
      });
      expect([world.live(), world.made()]).toEqual([3, 3]);
    } finally {
      await world.close();
    }
  });
});
