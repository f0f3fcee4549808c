// Proves that the program as a process lives through outages of Redis and of DigitalOcean, says so, and goes on by itself.
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { eventually } from '../eventually.ts';
import { call } from './customer.ts';
import { seeded } from './run.ts';
import { startWorld, type World } from './world.ts';

const NUMBERS = ['573332221111', '573332221112', '573332221113'] as const;
const [NUMBER] = NUMBERS;
const UNAVAILABLE =
  'El servicio no puede atender la petición en este momento; intente de nuevo en unos segundos';

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

async function aWorld() {
  const world = await startWorld({
    controllers: 0,
    apis: 1,
    machines: 'light',
    limits: false,
    random: seeded(1),
  });
  worlds.push(world);
  const [api] = world.apis;
  if (!api) throw new Error('There is no API');
  const ask = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await call(api, method, path, body);
    return { status, json: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return {
    ...world,
    program: api.program,
    ask,
    create: (number: string) => ask('POST', '/api/instance/create', { numberphone: number }),
    reach: (number: string, phase: string) =>
      eventually(
        `${number} is ${phase}`,
        async () => (await ask('GET', `/api/instance/status/${number}`)).json.status === phase,
        150_000,
      ),
    messageOf: async (number: string) =>
      (await world.store.get('Droplet', `bot-${number}`))?.status?.message ?? '',
    made: () => world.cloud.account.ledger.report().droplets.length,
    count: (operation: string) =>
      Object.values(world.cloud.account.ledger.report().calls[operation] ?? {}).reduce(
        (sum, count) => sum + count,
        0,
      ),
  };
}

describe('Redis', () => {
  it('killed with -9 and 30 s away: every call says so, nothing acknowledged is lost, all goes on by itself', async () => {
    const { redis, program, ask, create, reach, made } = await aWorld();
    for (const number of NUMBERS) expect((await create(number)).status).toBe(202);
    await redis.kill();
    const until = Date.now() + 30_000;
    while (Date.now() < until) {
      const asked = await Promise.all([
        create('573332221199'),
        ask('GET', `/api/instance/status/${NUMBER}`),
        ask('GET', '/api/instance/list'),
      ]);
      for (const { status, json } of asked) {
        expect({ status, json }).toEqual({
          status: 503,
          json: { success: false, error: UNAVAILABLE },
        });
      }
      expect((await ask('GET', '/healthz')).status).toBe(200);
      expect((await ask('GET', '/readyz')).status).toBe(503);
      await systemClock.sleep(1_000);
    }
    redis.start();
    for (const number of NUMBERS) await reach(number, 'completed');
    expect([made(), program.deaths]).toEqual([NUMBERS.length, 0]);
    await eventually('it is ready', async () => (await ask('GET', '/readyz')).status === 200);
  });

  it('with full memory: writes are refused in a sentence, and all goes on when there is room', async () => {
    const { eyes, program, ask, create, reach, made } = await aWorld();
    expect((await create(NUMBER)).status).toBe(202);
    await eyes.config('SET', 'maxmemory', '1mb');
    const refused = await create(NUMBERS[1]);
    expect(refused).toEqual({ status: 503, json: { success: false, error: UNAVAILABLE } });
    // Reading needs no room.
    expect((await ask('GET', `/api/instance/status/${NUMBER}`)).status).toBe(200);
    await systemClock.sleep(5_000);
    await eyes.config('SET', 'maxmemory', '0');
    expect((await create(NUMBERS[1])).status).toBe(202);
    for (const number of NUMBERS.slice(0, 2)) await reach(number, 'completed');
    expect([made(), program.deaths]).toEqual([2, 0]);
  });

  it('away at the start: a service manager that starts the program again is all it takes', async () => {
    const { redis, program, reach, create } = await aWorld();
    expect((await create(NUMBER)).status).toBe(202);
    await program.kill();
    await redis.kill();
    program.start();
    await systemClock.sleep(5_000);
    redis.start();
    // As a service manager does.
    program.start();
    await reach(NUMBER, 'completed');
  });
});

describe('DigitalOcean', () => {
  it('over quota: the instance waits, names the limit, asks seldom, and goes on when there is room', async () => {
    const { cloud, create, reach, messageOf, count, ask } = await aWorld();
    cloud.faults.set([{ fault: { kind: 'quota' } }]);
    await create(NUMBER);
    await eventually('it names the limit', async () =>
      /droplet limit.*may have \d+ droplets/.test(await messageOf(NUMBER)),
    );
    const { json } = await ask('GET', `/api/instance/status/${NUMBER}`);
    expect(json).toMatchObject({ status: 'creating_droplet', progress: 25 });
    await systemClock.sleep(10_000);
    expect(count('createDroplet')).toBe(1);
    cloud.faults.set([]);
    await reach(NUMBER, 'completed');
    expect(count('createDroplet')).toBe(2);
  });

  it('refusing the token: readiness says so, no create is sent, and all goes on when the token works again', async () => {
    const { cloud, create, reach, ask, count, made } = await aWorld();
    await eventually('it is ready', async () => (await ask('GET', '/readyz')).status === 200);
    cloud.faults.set([{ fault: { kind: 'unauthorized' } }]);
    await create(NUMBER);
    const ready = await eventually('it is not ready', async () => {
      const answer = await ask('GET', '/readyz');
      return answer.status === 503 ? answer.json : undefined;
    });
    expect(ready.checks.cloud.message).toMatch(/DIGITALOCEAN_TOKEN/);
    await create(NUMBERS[1]);
    await systemClock.sleep(5_000);
    expect(count('createDroplet')).toBeLessThanOrEqual(1);
    cloud.faults.set([]);
    for (const number of NUMBERS.slice(0, 2)) await reach(number, 'completed');
    expect((await ask('GET', '/readyz')).status).toBe(200);
    expect(made()).toBe(2);
  });

  it.each([
    ['with retry-after', { retryAfterSeconds: 4 }],
    ['with a reset alone', { resetSeconds: 4 }],
  ])(
    'that has had too many requests, %s: nothing is sent meanwhile, and all goes on',
    async (_, told) => {
      const { cloud, create, reach, messageOf, made } = await aWorld();
      cloud.faults.set([
        {
          fault: { kind: 'rate-limited', ...told },
          on: { operations: ['createDroplet'] },
          times: 1,
        },
      ]);
      await create(NUMBER);
      await eventually('it says how long', async () => {
        const message = await messageOf(NUMBER);
        return /429|about \d+ s/.test(message);
      });
      await reach(NUMBER, 'completed');
      expect(made()).toBe(1);
    },
  );
});
