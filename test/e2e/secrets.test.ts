// Proves that what is private gets to the droplet and nowhere else.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, inject } from 'vitest';
import type { Instance } from '../../src/resources/instance.ts';
import { parseEnvironmentFile } from '../../src/simulator/guest/unit-file.mjs';
import { authorizedKey } from '../../src/ssh/authorized-key.ts';
import { newHostKey } from '../../src/ssh/host-key.ts';
import { eventually } from '../eventually.ts';
import { inWorld as it, type Program, type World } from './program.ts';

const NUMBER = '573332221111';
const SECRET = `sk-${randomBytes(12).toString('hex')}`;
const FILE_SECRET = `pem "$\`\\ ${randomBytes(12).toString('hex')}`;

/** Everything that Redis holds for the world's programs, the queue included. */
async function redisText({ redisPrefix }: World): Promise<string> {
  const redis = new Redis(inject('redisUrl'));
  try {
    const keys = (await redis.keys('*')).filter((key) => key.includes(redisPrefix));
    expect(keys.length).toBeGreaterThan(3);
    const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    // Redis packs what it stores; its readable forms are what tools and backups show.
    const readable = await Promise.all(
      keys.map(async (key) => {
        const type = await redis.type(key);
        if (type === 'string') return redis.get(key);
        if (type === 'hash') return JSON.stringify(await redis.hgetall(key));
        if (type === 'list') return JSON.stringify(await redis.lrange(key, 0, -1));
        if (type === 'stream') return JSON.stringify(await redis.xrange(key, '-', '+'));
        return '';
      }),
    );
    return [...dumps.map((dump) => dump?.toString('latin1')), ...readable].join('\n');
  } finally {
    redis.disconnect();
  }
}

describe.concurrent('what is private', () => {
  it('a droplet is reached by the key that it was made with, after a key of the operator’s took its place', async ({
    world,
    onTestFinished,
  }) => {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-key-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, 'key');
    const ORQUESTA_ENCRYPTION_KEY = randomBytes(32).toString('base64');
    const own = { DIGITALOCEAN_SSH_PASSWORD: '', ORQUESTA_ENCRYPTION_KEY };
    const [older, newer] = [newHostKey().privateKey, newHostKey().privateKey];
    const restarted = async (program: Program, number: string) => {
      const before = (await program.status(number)).instanceInfo?.dropletId;
      await program.request('POST', `/api/instance/restart/${number}`);
      await eventually('the bot was restarted by SSH', async () => {
        const path = `/apis/orquesta.clientfy.io/v1/instances/bot-${number}`;
        const { spec, status } = (await (await program.request('GET', path)).json()) as Instance;
        return spec.restartedAt !== null && status?.bot?.restartedAt === spec.restartedAt;
      });
      expect((await program.status(number)).instanceInfo?.dropletId).toBe(before);
    };
    const numbers: string[] = [];
    for (const keys of [[], [older], [newer, older]]) {
      writeFileSync(file, keys.join(''), { mode: 0o600 });
      const program = await world.run({
        ...own,
        ...(keys.length > 0 && { SSH_PRIVATE_KEY_FILE: file }),
      });
      for (const number of numbers) await restarted(program, number);
      const numberphone = `57333222111${numbers.length}`;
      await program.request('POST', '/api/instance/create', { numberphone });
      await program.reaches(numberphone, 'completed');
      numbers.push(numberphone);
      await program.stop();
    }
    const letIn = (key: string) =>
      world.simulator.account.living().map(({ userData }) => userData.includes(authorizedKey(key)));
    expect([letIn(older), letIn(newer)]).toEqual([
      [false, true, false],
      [false, false, true],
    ]);
  });

  it('a droplet is reached by a key that Orquesta made itself, and password login is off', async ({
    world,
  }) => {
    const ORQUESTA_ENCRYPTION_KEY = randomBytes(32).toString('base64');
    const own = { DIGITALOCEAN_SSH_PASSWORD: '', ORQUESTA_ENCRYPTION_KEY };
    const first = await world.run(own);
    await first.request('POST', '/api/instance/create', { numberphone: NUMBER });
    await first.reaches(NUMBER, 'completed');
    await first.stop();
    const text = await redisText(world);
    expect(text).not.toContain('PRIVATE KEY');
    expect(text).not.toContain(ORQUESTA_ENCRYPTION_KEY);
    const [droplet] = world.simulator.account.living();
    expect(droplet?.userData).toContain('ssh_pwauth: false');
    expect(droplet?.userData).not.toContain('hashed_passwd');

    // With a new key in front everything goes on, and the old one is not needed any more.
    const next = randomBytes(32).toString('base64');
    const second = await world.run({
      ...own,
      ORQUESTA_ENCRYPTION_KEY: `${next},${ORQUESTA_ENCRYPTION_KEY}`,
    });
    await second.stop();
    const third = await world.run({ ...own, ORQUESTA_ENCRYPTION_KEY: next });
    await third.request('POST', `/api/instance/restart/${NUMBER}`);
    await third.request('POST', '/api/instance/create', { numberphone: '573332221112' });
    await third.reaches('573332221112', 'completed');
  });

  it('a secret of the environment or of a file reaches the bot, and is stored nowhere else', async ({
    world,
  }) => {
    const dir = join(world.dir, 'secrets');
    mkdirSync(dir);
    const program = await world.run({ OPENAI_KEY: SECRET, ORQUESTA_SECRETS_DIR: dir });
    await program.apply(
      `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${NUMBER}", env: {
        OPENAI: {valueFrom: {env: OPENAI_KEY}}, CERTIFICATE: {valueFrom: {file: certificate}},
        STOLEN: plain}}}`,
    );
    const waiting = await eventually('it says which secret is missing', async () => {
      const { error } = await program.status(NUMBER);
      return error?.includes('CERTIFICATE') && error;
    });
    expect(waiting).toContain('certificate');
    writeFileSync(join(dir, 'certificate'), `${FILE_SECRET}\n`);
    await program.reaches(NUMBER, 'completed');

    const files = (readdirSync(world.dir, { recursive: true }) as string[]).filter((path) =>
      /var\/lib\/orquesta\/[^/]+\/(bot\.)?env$/.test(path),
    );
    expect(files).toHaveLength(2);
    const read = (name: string) =>
      readFileSync(join(world.dir, files.find((path) => path.endsWith(`/${name}`)) ?? ''), 'utf8');
    const bot = parseEnvironmentFile(read('bot.env'));
    expect([bot['OPENAI'], bot['CERTIFICATE']]).toEqual([SECRET, FILE_SECRET]);
    // The script runs as root: nothing of what an instance says of its bot's variables gets there.
    for (const name of ['OPENAI', 'CERTIFICATE', 'STOLEN']) {
      expect(read('env')).not.toMatch(new RegExp(`^${name} `, 'm'));
    }

    const text = await redisText(world);
    for (const secret of [SECRET, FILE_SECRET, JSON.stringify(FILE_SECRET).slice(1, -1)]) {
      expect(text).not.toContain(secret);
    }
  });

  it('a secret that a script prints is starred in its log, and stored nowhere', async ({
    world,
  }) => {
    const program = await world.run({ OPENAI_KEY: SECRET });
    await program.apply(`
apiVersion: orquesta.clientfy.io/v1
kind: InstanceClass
metadata: {name: loud}
spec:
  bootstrap: {script: 'echo "the key is $LOUD."; exit 7'}
  bot: {env: {LOUD: {valueFrom: {env: OPENAI_KEY}}}}
  retries: {bootstrap: 0}
---
apiVersion: orquesta.clientfy.io/v1
kind: Instance
spec: {numberphone: "${NUMBER}", className: loud}
`);
    await program.reaches(NUMBER, 'failed');
    const log = await program.request('GET', `/api/instance/logs/${NUMBER}?format=text`);
    expect(await log.text()).toContain(`the key is ${'*'.repeat(SECRET.length)}.`);
    expect(await redisText(world)).not.toContain(SECRET);
  });

  it("the program's own settings are no secrets of bots", async ({ world }) => {
    const program = await world.run();
    await program.apply(
      `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${NUMBER}", env: {
        STOLEN: {valueFrom: {env: DIGITALOCEAN_TOKEN}}}}}`,
    );
    await eventually('it says that the variable is not for bots', async () =>
      (await program.status(NUMBER)).error?.includes('DIGITALOCEAN_TOKEN no es para los bots'),
    );
  });
});
