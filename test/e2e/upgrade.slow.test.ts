// Proves that two versions can work side by side: what the newer one writes the older one keeps, and no bot notices the change.
import { Redis } from 'ioredis';
import { expect, inject, vi } from 'vitest';
import { kinds } from '../../src/resources/kinds.ts';
import { eventually } from '../eventually.ts';
import { type Program, inWorld as test } from './program.ts';

vi.setConfig({ testTimeout: 240_000 });

const NUMBER = '573332221111';
const OTHER = '573332222222';
const PREFIX = 'upgrade';
const apply = (number: string, more = '') =>
  `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${number}"${more}}}`;

/** Writes as a newer version of the program would: fields that this one does not know, by the same script. */
class Newer {
  readonly #redis: Redis;
  readonly #prefix: string;
  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Changes an object by compare-and-swap, with an entry in the stream. */
  async change(name: string, edit: (object: Record<string, object>) => object): Promise<void> {
    const key = `${this.#prefix}:objects:${kinds.Instance.plural}`;
    await eventually('it is written', async () => {
      await this.#redis.watch(key);
      const stored = (await this.#redis.hget(key, name)) ?? '';
      const object = JSON.parse(stored.slice(stored.indexOf(' ') + 1)) as Record<string, object>;
      const written = JSON.stringify(edit(object));
      return this.#commit(key, 'modified', 'Instance', name, written);
    });
  }

  /** Adds an object of a kind that this version does not know. */
  async addUnknownKind(): Promise<void> {
    const object = { kind: 'Novelty', metadata: { name: 'a-novelty', uid: 'x' }, spec: {} };
    const key = `${this.#prefix}:objects:novelties`;
    await eventually('it is written', () =>
      this.#commit(key, 'added', 'Novelty', 'a-novelty', JSON.stringify(object)),
    );
  }

  async spec(name: string): Promise<unknown> {
    const key = `${this.#prefix}:objects:${kinds.Instance.plural}`;
    const stored = (await this.#redis.hget(key, name)) ?? '';
    return JSON.parse(stored.slice(stored.indexOf(' ') + 1));
  }

  async #commit(key: string, type: string, kind: string, name: string, json: string) {
    const revisionKey = `${this.#prefix}:revision`;
    await this.#redis.watch(revisionKey);
    const next = Number((await this.#redis.get(revisionKey)) ?? '0') + 1;
    const stream = `${this.#prefix}:changes`;
    const done = await this.#redis
      .multi()
      .xadd(stream, `${next}-0`, 'type', type, 'kind', kind, 'object', json)
      .set(revisionKey, next)
      .hset(key, name, `${next} ${json}`)
      .exec();
    return done !== null;
  }
}

test('a rolling restart beside a newer version loses none of its fields, and no bot', async ({
  world,
  onTestFinished,
}) => {
  const env = { REDIS_PREFIX: PREFIX };
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(() => redis.disconnect());
  const newer = new Newer(redis, PREFIX);
  const older = await world.run(env);
  await older.apply(apply(NUMBER));
  await older.reaches(NUMBER, 'completed');

  await newer.addUnknownKind();
  await newer.change(`bot-${NUMBER}`, (object) => ({
    ...object,
    spec: { ...object['spec'], colour: 'green' },
    status: { ...object['status'], mood: { today: 'fine' } },
  }));
  const keepsAll = async () =>
    expect(await newer.spec(`bot-${NUMBER}`)).toMatchObject({
      spec: { colour: 'green' },
      status: { mood: { today: 'fine' } },
    });

  // The older one reads on, and writes spec and status of the same object.
  await older.apply(apply(OTHER));
  await older.reaches(OTHER, 'completed');
  await older.apply(apply(NUMBER, ', env: {MOOD: good}'));
  await eventually('it prepares the droplet anew', async () => {
    const { status } = (await newer.spec(`bot-${NUMBER}`)) as {
      status: { observedGeneration: number; phase: string };
    };
    return status.observedGeneration === 2 && status.phase === 'completed';
  });
  await keepsAll();
  expect((await older.request('POST', `/api/instance/restart/${NUMBER}`)).ok).toBe(true);
  await older.reaches(NUMBER, 'completed');
  await keepsAll();

  // One after the other is replaced; at any moment one of them answers, and the bots stay up.
  const programs: Program[] = [older];
  let isRolling = true;
  const seen = new Set<string>();
  const watching = (async () => {
    while (isRolling) {
      const answers = await Promise.allSettled(programs.map((one) => one.status(OTHER)));
      const told = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.status] : []));
      for (const status of told.length === 0 ? ['nobody answers'] : told) seen.add(status);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const second = await world.run(env);
  programs.push(second);
  expect((await older.stop()).code).toBe(0);
  programs.shift();
  const third = await world.run(env);
  programs.push(third);
  expect((await second.stop()).code).toBe(0);
  programs.shift();
  isRolling = false;
  await watching;
  expect([...seen]).toEqual(['completed']);
  await third.reaches(NUMBER, 'completed');
  await keepsAll();
  expect([world.live(), world.made()]).toEqual([2, 2]);
});
