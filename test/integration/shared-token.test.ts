// A token that another program uses too, over the limits that DigitalOcean documents. Hours pass in seconds: Redis and the
// simulator are real, and both are told what time it is.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { RedisBudget } from '../../src/cloud/budget.ts';
import { CloudError } from '../../src/cloud/cloud.ts';
import { DigitalOcean } from '../../src/cloud/digitalocean.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { redisAt } from '../twins/redis-at.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';

const TOKEN = 'dop_v1_shared';
const MINUTE = 60_000;
const STEP_MS = 250;
const SWEEP_MS = 30_000;
const live = () => new AbortController().signal;

// Thousands of requests each: seconds on a machine at rest.
vi.setConfig({ testTimeout: 240_000 });

let dataDir: string;
let clock: VirtualClock;
let redis: Redis;
let simulator: Simulator;
let cloud: DigitalOcean;
/** When requests of ours were answered 429. */
let refused: number[];
let other: OtherProgram;
let nextSweep: number;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orquesta-shared-token-'));
  clock = new VirtualClock();
  redis = new Redis(inject('redisUrl'));
  const account = { dropletLimit: 10_000 };
  simulator = await startSimulator({ dataDir, light: true, sshPort: 2222, clock, account });
  const budget = new RedisBudget({
    redis: redisAt(redis, clock),
    prefix: randomUUID(),
    clock,
    token: TOKEN,
  });
  cloud = new DigitalOcean({ url: simulator.url, token: TOKEN, budget, clock });
  refused = [];
  other = new OtherProgram(simulator.url);
  nextSweep = clock.now();
});
afterEach(async () => {
  cloud.close();
  redis.disconnect();
  await simulator.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Sends requests with our token, evenly spread, and asks nobody. */
class OtherProgram {
  perMinute = 0;
  /** What DigitalOcean told it last. */
  left = Number.POSITIVE_INFINITY;
  resetAt = 0;
  #due = 0;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async pass(ms: number): Promise<void> {
    this.#due += (ms * this.perMinute) / MINUTE;
    const requests = [];
    for (; this.#due >= 1; this.#due--) requests.push(this.#ask());
    await Promise.all(requests);
  }

  async #ask(): Promise<void> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${this.#url}/v2/account`, { headers });
    await answer.arrayBuffer();
    this.left = Number(answer.headers.get('ratelimit-remaining'));
    this.resetAt = Number(answer.headers.get('ratelimit-reset')) * 1000;
  }
}

/** Answers whether it was done; else when to ask again. */
async function ask(request: () => Promise<unknown>): Promise<number | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    if (!(error instanceof CloudError) || error.kind !== 'rate-limited') throw error;
    if (error.status === 429) refused.push(clock.now());
    return error.retryAt;
  }
}

/** A moment in which both programs send what is due, ours all at once. */
async function step(ours: readonly Promise<unknown>[] = []): Promise<void> {
  const sweep = clock.now() >= nextSweep ? [ask(() => cloud.dropletLimit(live()))] : [];
  if (sweep.length > 0) nextSweep = clock.now() + SWEEP_MS;
  await Promise.all([...ours, ...sweep, other.pass(STEP_MS)]);
  // The answers' news is not waited for by who asked: this command comes after them.
  await redis.ping();
  await clock.advance(STEP_MS);
}

async function pass(ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end; ) await step();
}

const create = (index: number) =>
  cloud.createDroplet(
    {
      name: `bot-${index}`,
      template: {
        region: 'sfo3',
        size: 's-1vcpu-512mb-10gb',
        image: 'ubuntu-24-04-x64',
        vpcUUID: null,
        tags: [],
        monitoring: false,
        backups: false,
        ipv6: false,
      },
      tags: [],
      userData: '',
    },
    live(),
  );

/** Creates so many as fast as the budget lets it; answers when each was accepted. */
async function createAll(count: number, limitMs: number): Promise<number[]> {
  const waiting = new Map(Array.from({ length: count }, (_, index) => [index, 0]));
  const accepted: number[] = [];
  const end = clock.now() + limitMs;
  while (waiting.size > 0 && clock.now() < end) {
    const due = [...waiting].filter(([, at]) => at <= clock.now());
    await step(
      due.map(async ([index]) => {
        const retryAt = await ask(() => create(index));
        if (retryAt !== undefined) waiting.set(index, retryAt);
        else if (waiting.delete(index)) accepted.push(clock.now());
      }),
    );
  }
  return accepted;
}

describe.each([
  { who: 'nobody', perMinute: 0, before: 2, minutes: 3.3 },
  { who: 'one that sends 60 a minute', perMinute: 60, before: 2, minutes: 3.6 },
  {
    who: 'one that has sent 60 a minute for more than an hour',
    perMinute: 60,
    before: 66,
    minutes: 3.6,
  },
  // The minute leaves 70: 18 of them are for deletes, the sweeps want 2.
  { who: 'one that sends 180 a minute', perMinute: 180, before: 2, minutes: 9 },
])('beside $who', ({ perMinute, before, minutes }) => {
  it('400 creates meet no 429, and go as fast as the limit lets them', async () => {
    other.perMinute = perMinute;
    await pass(before * MINUTE);
    const from = clock.now();
    const accepted = await createAll(400, 30 * MINUTE);
    expect(refused).toEqual([]);
    expect(accepted).toHaveLength(400);
    expect((Math.max(...accepted) - from) / MINUTE).toBeLessThan(minutes);
    expect(simulator.account.ledger.report().busiestMinute).toBeLessThanOrEqual(250);
  });
});

it('creates meet no 429 when the other begins in their midst', async () => {
  expect(await createAll(170, 30 * MINUTE)).toHaveLength(170);
  other.perMinute = 120;
  expect(await createAll(230, 30 * MINUTE)).toHaveLength(230);
  expect(refused).toEqual([]);
});

it('keeps what the other left of the hour for deletes, until DigitalOcean gives some back', async () => {
  const arrived = () =>
    Object.values(simulator.account.ledger.report().calls)
      .flatMap((byStatus) => Object.values(byStatus))
      .reduce((sum, count) => sum + count, 0);
  other.perMinute = 200;
  while (other.left > 30) await step();
  other.perMinute = 0;
  await pass(SWEEP_MS);
  const untilReset = other.resetAt - clock.now();
  expect(untilReset).toBeGreaterThan(30 * MINUTE);
  const before = arrived();
  expect(await createAll(20, untilReset)).toEqual([]);
  expect(arrived()).toBe(before);
  expect(await cloud.deleteDroplet(1, live())).toBe('absent');
  expect(await createAll(20, MINUTE)).toHaveLength(20);
  expect(refused).toEqual([]);
});
