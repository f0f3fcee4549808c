// Proves that several controllers share the work, whatever happens to one of them: real processes, a real Redis.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { eventually } from '../eventually.ts';
import { call } from './customer.ts';
import type { Program } from './processes.ts';
import { seeded } from './run.ts';
import { takeoverMs } from './takeover.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const NUMBERS = ['573332221111', '573332221112', '573332221113', '573332221114'];
const TAKEOVER_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 10_000;

/** Two controllers of which the first has all the work; `second` starts the other one. */
async function aWorld(options: Partial<WorldOptions> = {}) {
  const made = await startWorld({
    controllers: 2,
    startedControllers: 1,
    apis: 1,
    machines: 'light',
    limits: false,
    random: seeded(1),
    ...options,
  });
  world = made;
  const [first, second] = made.controllers as [Program, Program];
  const [api] = made.apis;
  if (!api) throw new Error('There is no API');
  const ask = (method: string, path: string, body?: unknown) => call(api, method, path, body);
  const phaseOf = async (number: string): Promise<string> =>
    (await ask('GET', `/api/instance/status/${number}`)).text.match(/"status":"(\w+)"/)?.[1] ?? '';
  return {
    ...made,
    first,
    ask,
    phaseOf,
    create: (number: string) => ask('POST', '/api/instance/create', { numberphone: number }),
    reach: (number: string, phase: string) =>
      eventually(`${number} is ${phase}`, async () => (await phaseOf(number)) === phase, 120_000),
    made: () => made.cloud.account.ledger.report().droplets.length,
    startSecond: async () => {
      second.start();
      const isUp = () => readFileSync(second.logFile, 'utf8').includes('Orquesta runs');
      await eventually('the second controller runs', isUp);
      return second;
    },
  };
}

describe('several controllers', () => {
  it('take over all that a killed one had in hand, within 15 s', async () => {
    const { first, create, reach, startSecond, eyes, prefix, made } = await aWorld({
      bootstrapMs: 10_000,
    });
    for (const number of NUMBERS) await create(number);
    for (const number of NUMBERS) await reach(number, 'initializing');
    await startSecond();
    await first.kill();
    const tookMs = await takeoverMs(eyes, prefix);
    expect(tookMs).toBeLessThan(TAKEOVER_LIMIT_MS);
    for (const number of NUMBERS) await reach(number, 'completed');
    expect(made()).toBe(NUMBERS.length);
  });

  it.each([
    ['the create is on its way', 'before'],
    ['the answer to the create is on its way', 'after'],
  ] as const)('make one droplet when one is frozen for 20 s while %s', async (_, when) => {
    const { first, create, reach, startSecond, cloud, made } = await aWorld();
    const fault = { kind: 'delay' as const, ms: 3_000, when };
    cloud.faults.set([{ fault, on: { operations: ['createDroplet'] }, times: 1 }]);
    const [number = ''] = NUMBERS;
    await create(number);
    await eventually('the create was sent', () => cloud.faults.list()[0]?.hits === 1);
    first.freeze();
    await startSecond();
    await systemClock.sleep(20_000);
    first.thaw();
    await reach(number, 'completed');
    expect(made()).toBe(1);
  });

  it('that are told to stop hand over within 10 s, and the other goes on', async () => {
    const { first, create, reach, startSecond, made } = await aWorld({ bootstrapMs: 20_000 });
    for (const number of NUMBERS) await create(number);
    for (const number of NUMBERS) await reach(number, 'initializing');
    await startSecond();
    const { code, tookMs } = await first.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS);
    for (const number of NUMBERS) await reach(number, 'completed');
    expect(made()).toBe(NUMBERS.length);
  });

  it.each([
    ['Redis is gone', async ({ redis }: World) => redis.kill()],
    ['Redis is frozen', async ({ redis }: World) => redis.freeze()],
    [
      'DigitalOcean does not answer',
      async ({ cloud, first }: World & { first: Program }) => {
        const delay = { kind: 'delay' as const, ms: 30_000 };
        cloud.faults.set([{ fault: delay, on: { operations: ['listDroplets'] } }]);
        const isAsked = () => (cloud.faults.list()[0]?.hits ?? 0) > 0;
        await eventually(`${first.name} waits for it`, isAsked);
      },
    ],
  ])('stop within 10 s even while %s', async (_, happens) => {
    const given = await aWorld({ bootstrapMs: 20_000 });
    const [number = ''] = NUMBERS;
    await given.create(number);
    await given.reach(number, 'initializing');
    await happens(given);
    const { tookMs } = await given.first.stop();
    given.redis.thaw();
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS);
  });
});
