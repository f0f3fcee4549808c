// Proves that a fleet comes back from a backup, and from its droplets' tags alone, without a droplet made or lost.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Droplet } from '../../src/resources/droplet.ts';
import type { Instance } from '../../src/resources/instance.ts';
import { eventually } from '../eventually.ts';
import { OwnRedis } from '../integration/own-redis.ts';
import { type Program, World } from './program.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const NUMBERS = ['573332221111', '573332222222'] as const;
const SIMPLE = 'a-simple-droplet';

/** One after the other over one fleet: each loses Redis, and gets it back. */
describe('a lost Redis', () => {
  let server: OwnRedis;
  let redis: Redis;
  let world: World;
  let program: Program;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'orquesta-backup-'));
    server = await OwnRedis.begin();
    redis = new Redis(server.url);
    redis.on('error', () => {});
    world = await World.start(server.url);
    program = await world.run();
    for (const numberphone of NUMBERS) {
      await program.request('POST', '/api/instance/create', { numberphone });
    }
    await program.request('POST', '/api/droplet/create', { name: SIMPLE });
    for (const number of NUMBERS) await program.reaches(number, 'completed');
    await eventually('the simple droplet runs', async () => {
      const { data } = (await (await program.request('GET', `/api/droplet/${SIMPLE}`)).json()) as {
        data: { status: string };
      };
      return data.status === 'active';
    });
  });
  afterAll(async () => {
    await world?.close();
    redis?.disconnect();
    await server?.end();
    rmSync(dir, { recursive: true, force: true });
  });

  const dropletIds = async () => {
    const all = await Promise.all(NUMBERS.map((number) => program.status(number)));
    return all.map(({ instanceInfo }) => instanceInfo?.dropletId);
  };
  /** The objects as they are stored, by kind and name. */
  const exported = async () => {
    const { code, stdout, stderr } = await world.orquesta('export');
    expect([code, stderr]).toEqual([0, expect.stringContaining('objects exported')]);
    const documents = parseAllDocuments(stdout);
    const objects = (Array.isArray(documents) ? documents : []).map(
      (one) => one.toJS() as Instance | Droplet,
    );
    const find = (kind: string, name: string) =>
      objects.find((one) => one.kind === kind && one.metadata.name === name);
    return {
      instance: (number: string) => find('Instance', `bot-${number}`) as Instance,
      droplet: (name: string) => find('Droplet', name) as Droplet,
    };
  };
  const events = async (number: string) => {
    const [key = ''] = await redis.keys(`*:events:instances:bot-${number}`);
    return redis.get(key);
  };
  const flush = async () => {
    await program.kill();
    await redis.flushall();
  };

  it('comes back from a backup as it was, and goes on', async () => {
    const [ids, made, before] = [await dropletIds(), world.made(), await exported()];
    const file = join(dir, 'backup.yaml');
    expect((await world.orquesta('export', '--output', file)).code).toBe(0);
    await flush();

    const rehearsed = await world.orquesta('import', file, '--dry-run');
    expect(rehearsed.code).toBe(0);
    expect(rehearsed.stdout).toContain(`Instance/bot-${NUMBERS[0]}`);
    expect(await redis.keys('*')).toEqual([]);

    const restored = await world.orquesta('import', file);
    expect([restored.code, restored.stderr]).toEqual([0, expect.stringContaining('written')]);
    const again = await world.orquesta('import', file);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already')]);

    program = await world.run();
    for (const number of NUMBERS) await program.reaches(number, 'completed');
    const after = await exported();
    for (const number of NUMBERS) {
      expect(after.instance(number).metadata.uid).toBe(before.instance(number).metadata.uid);
      // Not prepared again: the run is the one that it was.
      expect(after.instance(number).status?.bootstrap).toEqual(
        before.instance(number).status?.bootstrap,
      );
      expect(after.instance(number).status?.ssh).toEqual(before.instance(number).status?.ssh);
    }
    expect(await dropletIds()).toEqual(ids);
    expect([world.live(), world.made()]).toEqual([made, made]);
  });

  it('is rebuilt from the tags of the droplets alone, after a look at what would be written', async () => {
    const [ids, made, before] = [await dropletIds(), world.made(), await exported()];
    await flush();

    const rehearsed = await world.orquesta('import', '--from-cloud');
    expect(rehearsed.code).toBe(0);
    expect(rehearsed.stdout.split('\n').filter(Boolean)).toHaveLength(NUMBERS.length + 1);
    expect(rehearsed.stdout).toContain(`Instance and Droplet bot-${NUMBERS[0]}`);
    expect(rehearsed.stderr).toContain('With --write');
    expect(await redis.keys('*:objects:*')).toEqual([]);

    const rebuilt = await world.orquesta('import', '--from-cloud', '--write');
    expect([rebuilt.code, rebuilt.stderr]).toEqual([0, expect.stringContaining('were written')]);
    program = await world.run();
    for (const number of NUMBERS) await program.reaches(number, 'completed');
    const after = await exported();
    for (const number of NUMBERS) {
      const name = `bot-${number}`;
      expect(after.droplet(name).metadata.uid).toBe(before.droplet(name).metadata.uid);
      expect(after.instance(number).spec).toEqual(before.instance(number).spec);
      expect(after.droplet(name).spec).toEqual(before.droplet(name).spec);
      expect(after.instance(number).status?.ssh?.hostKey).toBe(
        before.instance(number).status?.ssh?.hostKey,
      );
    }
    expect(await events(NUMBERS[0])).toContain('trusted its host key on first use');
    expect(after.droplet(SIMPLE).metadata).toMatchObject({
      uid: before.droplet(SIMPLE).metadata.uid,
    });
    expect(await dropletIds()).toEqual(ids);
    expect([world.live(), world.made()]).toEqual([made, made]);

    const again = await world.orquesta('import', '--from-cloud', '--write');
    expect([again.code, again.stdout]).toEqual([0, '']);

    // What was rebuilt is ours as before: it can be deleted.
    await program.remove(NUMBERS[0]);
    expect(world.live()).toBe(made - 1);
  });

  it('paused, the bots are left alone until their specs are given', async () => {
    await flush();
    const args = ['import', '--from-cloud', '--paused', '--write'];
    expect((await world.orquesta(...args)).code).toBe(0);
    program = await world.run();
    await eventually('it is looked at', async () => {
      const answer = await program.status(NUMBERS[1]);
      return answer.status !== 'completed';
    });
    expect((await exported()).instance(NUMBERS[1]).status?.bootstrap).toBeUndefined();
    await program.apply(
      `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${NUMBERS[1]}", env: {MOOD: good}}}`,
    );
    await program.reaches(NUMBERS[1], 'completed');
  });

  it('droplets of a pool, which bear no uid: the claimed one comes back as its number, the waiting one is kept', async () => {
    const CLAIMING = '573332223333';
    const POOL = '/apis/orquesta.clientfy.io/v1/instancepools/warm';
    await program.apply(
      '{apiVersion: orquesta.clientfy.io/v1, kind: InstancePool, metadata: {name: warm}, spec: {replicas: 1}}',
    );
    const isReady = async () => {
      const { status } = (await (await program.request('GET', POOL)).json()) as {
        status?: { ready: number };
      };
      return status?.ready === 1;
    };
    await eventually('one waits', isReady);
    await program.request('POST', '/api/instance/create', { numberphone: CLAIMING });
    const claimed = await program.reaches(CLAIMING, 'completed');
    const living = () => world.simulator.account.living();
    await eventually('it has its name', () =>
      living().some(({ name }) => name === `bot-${CLAIMING}`),
    );
    await eventually('another one waits', isReady);
    const [made, live] = [world.made(), living().map(({ id }) => id)];
    await flush();

    const rebuilt = await world.orquesta('import', '--from-cloud', '--write');
    expect([rebuilt.code, rebuilt.stderr]).toEqual([0, expect.stringContaining('were written')]);
    expect(rebuilt.stderr).toMatch(/Made for a pool, and kept .*\(pool-warm-/);
    program = await world.run();
    const back = await program.reaches(CLAIMING, 'completed');
    expect(back.instanceInfo?.dropletId).toBe(claimed.instanceInfo?.dropletId);
    expect(living().map(({ id }) => id)).toEqual(live);
    expect(world.made()).toBe(made);
    await program.remove(CLAIMING);
    expect(living().map(({ id }) => id)).toEqual(
      live.filter((id) => id !== claimed.instanceInfo?.dropletId),
    );
  });
});
