// Proves that a bot's WhatsApp session outlives its droplet, and nobody else gets to see it.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject } from 'vitest';
import { parse, stringify } from 'yaml';
import type { SessionStatus } from '../../src/resources/instance.ts';
import { connect } from '../../src/store/redis.ts';
import { eventually, Hopeless } from '../eventually.ts';
import { API_KEY, inWorld as it, type Program } from './program.ts';

const NUMBER = '573332221111';
const PANEL_PORT = 5432;
const INSTANCE = `/apis/orquesta.clientfy.io/v1/instances/bot-${NUMBER}`;

/** The class of the examples, with the session kept. */
function keepingSessions(intervalSeconds = 10): string {
  const klass = parse(readFileSync('examples/classes/default.yaml', 'utf8'));
  klass.spec.session = { path: '/opt/clientfy-bot/session', intervalSeconds };
  klass.spec.health.intervalSeconds = 1;
  return stringify(klass);
}

const savedOf = async (program: Program): Promise<{ dropletId: number; sizeBytes: number }[]> => {
  const answer = await program.request('GET', `/api/instance/session/${NUMBER}`);
  return ((await answer.json()) as { data: { saved: [] } }).data.saved;
};

const statusOf = async (program: Program): Promise<{ session?: SessionStatus }> =>
  ((await (await program.request('GET', INSTANCE)).json()) as { status: object }).status;

const botStatus = async (host: string): Promise<string> =>
  ((await (await fetch(`http://${host}:${PANEL_PORT}/api/status`)).json()) as { status: string })
    .status;

/** A bot that comes up by that program, shows its QR, and is linked by a phone. */
async function aLinkedBot(program: Program): Promise<{ readonly dropletId: number }> {
  await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
  const { instanceInfo } = await program.reaches(NUMBER, 'completed');
  const host = instanceInfo?.ip ?? '';
  const dropletId = instanceInfo?.dropletId ?? 0;
  expect(await savedOf(program)).toEqual([]);
  await eventually('the QR is shown', async () => (await botStatus(host)) === 'show_qr');
  await fetch(`http://${host}:${PANEL_PORT}/simulate/scan`, { method: 'POST' });
  return { dropletId };
}

/** The address of the droplet that took the place of that one. */
const replacementOf = (program: Program, dropletId: number): Promise<string> =>
  eventually('another droplet has come up', async () => {
    const { instanceInfo, status } = await program.status(NUMBER);
    const isOther = instanceInfo?.dropletId !== dropletId;
    return isOther && status === 'completed' && (instanceInfo?.ip ?? '');
  });

async function patch({ url }: Program, metadata: object): Promise<void> {
  const answer = await fetch(`${url}${INSTANCE}`, {
    method: 'PATCH',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ metadata }),
  });
  expect(answer.status).toBe(200);
}

describe('a WhatsApp session', () => {
  it('is saved when it is linked, put back on a new droplet before the bot starts, and forgotten with the instance', async ({
    world,
  }) => {
    const program = await world.run({
      ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    });
    await program.apply(keepingSessions());
    const { dropletId } = await aLinkedBot(program);
    const [saved] = await eventually('the session is saved', async () => {
      const all = await savedOf(program);
      return all.length > 0 && all;
    });
    expect(saved?.dropletId).toBe(dropletId);
    const another = 'touch /opt/clientfy-bot/session';
    await world.suffers(dropletId, 'exec', { command: another });
    await eventually('a change is saved', async () => (await savedOf(program)).length === 2);

    await world.suffers(dropletId, 'vanish');
    const newHost = await replacementOf(program, dropletId);
    await eventually('the bot is linked without a scan', async () => {
      const status = await botStatus(newHost);
      expect(status).not.toBe('show_qr');
      return status === 'connected';
    });

    await program.remove(NUMBER);
    expect(await savedOf(program)).toEqual([]);
  });

  it('goes along with a replacement that is asked for, as it is then', async ({ world }) => {
    const program = await world.run({
      ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    });
    await program.apply(keepingSessions(3_600));
    const { dropletId } = await aLinkedBot(program);
    await eventually('the session is saved', async () => (await savedOf(program)).length === 1);
    await world.suffers(dropletId, 'exec', { command: 'touch /opt/clientfy-bot/session' });

    await patch(program, { annotations: { 'orquesta.clientfy.io/replace': 'true' } });
    await replacementOf(program, dropletId);
    const saved = await savedOf(program);
    expect(saved.filter((one) => one.dropletId === dropletId)).toHaveLength(2);
    await program.remove(NUMBER);
  });

  it('is saved again when only Redis lost it, and not when it was forgotten: until it changes', async ({
    world,
    onTestFinished,
  }) => {
    const redis = connect({ url: inject('redisUrl') }, 'prompt');
    onTestFinished(() => redis.disconnect());
    const sessionKeys = () => redis.keys(`${world.redisPrefix}:session:*`);
    const program = await world.run({
      ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    });
    await program.apply(keepingSessions());
    const { dropletId } = await aLinkedBot(program);
    const isSaved = async () => (await savedOf(program)).length === 1;
    await eventually('the session is saved', isSaved);
    expect(await redis.del(...(await sessionKeys()))).toBe(1);
    expect(await savedOf(program)).toEqual([]);
    await eventually('what Redis lost is saved again', isSaved);

    const told = async () => (await statusOf(program)).session;
    const forget = async () => {
      const answer = await program.request('DELETE', `/api/instance/session/${NUMBER}`);
      expect(await answer.json()).toMatchObject({ data: { forgotten: 1 } });
      expect(await told()).toEqual({
        lookedAt: expect.any(String),
        forgottenAt: expect.any(String),
      });
    };
    await forget();
    await eventually('it was looked at since, twice', async () => {
      const { lookedAt = '', forgottenAt = '' } = (await told()) ?? {};
      return Date.parse(lookedAt) > Date.parse(forgottenAt) + 10_000;
    });
    expect(await savedOf(program)).toEqual([]);
    expect(await told()).toEqual({ lookedAt: expect.any(String), forgottenAt: expect.any(String) });
    await world.suffers(dropletId, 'exec', { command: 'touch /opt/clientfy-bot/session' });
    await eventually('its next change is saved', isSaved);
    await eventually('and told of', async () => {
      const { savedAt, forgottenAt } = (await told()) ?? {};
      return savedAt !== undefined && forgottenAt === undefined;
    });

    await forget();
    await world.suffers(dropletId, 'vanish');
    const newHost = await replacementOf(program, dropletId);
    await eventually('it waits for a scan, as one that never was linked', async () => {
      const status = await botStatus(newHost);
      if (status === 'connected') throw new Hopeless('It was given the session that was forgotten');
      return status === 'show_qr';
    });
    await program.remove(NUMBER);
    expect(await sessionKeys()).toEqual([]);
  });

  it('does not outlive a record whose finalizers are taken off by hand', async ({
    world,
    onTestFinished,
  }) => {
    const redis = connect({ url: inject('redisUrl') }, 'prompt');
    onTestFinished(() => redis.disconnect());
    const program = await world.run({
      ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    });
    await program.apply(keepingSessions());
    await aLinkedBot(program);
    await eventually('it is saved', async () => (await savedOf(program)).length > 0);
    // The controller is held up, and the record removed by force.
    await program.kill();
    const api = await world.run({ ORQUESTA_ROLE: 'api' });
    await api.request('DELETE', INSTANCE);
    await patch(api, { finalizers: null });
    expect((await api.request('GET', INSTANCE)).status).toBe(404);
    for (const kept of ['session', 'log', 'timeline']) {
      expect(await redis.keys(`${world.redisPrefix}:${kept}:*`)).toEqual([]);
    }
  });

  it('is saved anew after a restore: it is in no backup', async ({ world, onTestFinished }) => {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-backup-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'default.yaml'), keepingSessions());
    const settings = {
      ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ORQUESTA_CLASSES_DIR: dir,
    };
    const program = await world.run(settings);
    await aLinkedBot(program);
    await eventually('the session is saved', async () => (await savedOf(program)).length > 0);
    const file = join(dir, 'backup');
    expect((await world.orquesta('export', '--output', file)).code).toBe(0);
    await program.kill();
    const empty = { ...settings, REDIS_PREFIX: `session-${randomUUID()}` };
    expect((await world.orquestaWith(empty, 'import', file)).code).toBe(0);
    const other = await world.run(empty);
    await eventually(
      'the same session is saved again',
      async () => (await savedOf(other)).length > 0,
    );
  });

  it('is not kept without a key, and the instance says so', async ({ world }) => {
    const program = await world.run();
    await program.apply(keepingSessions());
    await aLinkedBot(program);
    await eventually('it tells of the missing key', async () => {
      const { session } = await statusOf(program);
      return session?.problem?.includes('ORQUESTA_ENCRYPTION_KEY');
    });
    expect(await savedOf(program)).toEqual([]);
    expect((await program.status(NUMBER)).status).toBe('completed');
  });
});
