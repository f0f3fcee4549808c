// Proves the main job over every kind of Redis that REDIS_URL can name, with real servers.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, type TestContext } from 'vitest';
import { eventually } from '../eventually.ts';
import { makeCertificates, tlsArguments } from '../integration/certificates.ts';
import { OwnRedis } from '../integration/own-redis.ts';
import { RedisCluster } from '../integration/redis-cluster.ts';
import { RedisGroup } from '../integration/redis-group.ts';
import { type Program, World } from './program.ts';

const NUMBER = '573332221111';
const PASSWORD = 'a/pass?word#with@signs%';
const ENCODED = encodeURIComponent(PASSWORD);

/** Certificates are made by it. */
const lacksOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? '' : ' (skipped: there is no openssl here)';

/** What a test leaves behind, ended in the reverse order. */
type Ends = Pick<TestContext, 'onTestFinished'>;

describe.concurrent('the main job', () => {
  async function begin(
    { onTestFinished }: Ends,
    url: string,
    over: Readonly<Record<string, string>> = {},
  ): Promise<{ world: World; program: Program }> {
    const world = await World.start(url);
    onTestFinished(() => world.close());
    return { world, program: await world.run(over) };
  }
  async function ownRedis({ onTestFinished }: Ends, options: readonly string[]): Promise<OwnRedis> {
    const server = await OwnRedis.begin(options);
    onTestFinished(() => server.end());
    return server;
  }
  const withLogin = (url: string, login: string) => url.replace('//', `//${login}@`);

  /** From the wish to the QR, and to its end. */
  async function proveMainJob({ world, program }: { world: World; program: Program }) {
    await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
    await program.reaches(NUMBER, 'completed');
    expect(world.live()).toBe(1);
    await proveSessions(program);
    await program.remove(NUMBER);
    expect([world.live(), world.made()]).toEqual([0, 1]);
  }

  /** What is kept of a bot's WhatsApp session lies under several keys, too. */
  async function proveSessions(program: Program) {
    for (const method of ['GET', 'DELETE']) {
      const answer = await program.request(method, `/api/instance/session/${NUMBER}`);
      expect(answer.status, await answer.text()).toBe(200);
    }
  }

  it('over a Redis with a password', async (context) => {
    const server = await ownRedis(context, ['--requirepass', PASSWORD]);
    await proveMainJob(await begin(context, withLogin(server.url, `:${ENCODED}`)));
  });

  it.skipIf(lacksOpenssl)(
    `over TLS, with a certificate authority of one’s own${lacksOpenssl}`,
    async (context) => {
      const dir = mkdtempSync(join(tmpdir(), 'orquesta-tls-'));
      context.onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
      makeCertificates(dir);
      const at = (file: string) => join(dir, file);
      const port = String(new URL((await unusedServer()).url).port);
      await ownRedis(context, [...['--port', '0', '--tls-port', port, ...tlsArguments(dir)]]);
      const url = `rediss://127.0.0.1:${port}`;
      const begun = await begin(context, url, { NODE_EXTRA_CA_CERTS: at('ca.pem') });
      await proveMainJob(begun);
      // Without it the server is not who it should be, and nothing is told to it.
      const refused = await begun.world.orquesta('export');
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/certificate/)]);
    },
  );

  it.skipIf(lacksOpenssl)(`over Sentinels and servers by TLS${lacksOpenssl}`, async (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-tls-'));
    context.onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    makeCertificates(dir);
    const group = await RedisGroup.begin(dir);
    context.onTestFinished(() => group.end());
    expect(group.url).toMatch(/^rediss\+sentinel:/);
    const begun = await begin(context, group.url, { NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') });
    await proveMainJob(begun);
    const refused = await begun.world.orquesta('export');
    expect(refused.code).toBe(1);
  });

  it.skipIf(lacksOpenssl)(`over a cluster by TLS${lacksOpenssl}`, async (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-tls-'));
    context.onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    makeCertificates(dir);
    const cluster = await RedisCluster.begin(dir);
    context.onTestFinished(() => cluster.end());
    expect(cluster.url).toMatch(/^rediss\+cluster:/);
    const env = { NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem'), REDIS_PREFIX: '{orquesta}' };
    await proveMainJob(await begin(context, cluster.url, env));
  });

  it('as a user who may do no more than docs/redis.md says', async (context) => {
    const rule = /^(user orquesta .*)$/m.exec(readFileSync('docs/redis.md', 'utf8'))?.[1] ?? '';
    expect(rule).toContain('>secret');
    const server = await ownRedis(context, ['--requirepass', PASSWORD]);
    const admin = new Redis(server.url, { password: PASSWORD });
    admin.on('error', () => {});
    context.onTestFinished(() => admin.disconnect());
    const [, name = '', ...rules] = rule.split(' ');
    await admin.call('ACL', 'SETUSER', name, ...rules);

    const url = withLogin(server.url, 'orquesta:secret');
    const begun = await begin(context, url, { REDIS_PREFIX: 'orquesta' });
    await proveMainJob(begun);
    const env = { REDIS_PREFIX: 'orquesta', PORT: '0' };
    expect((await begun.world.orquestaWith(env, 'export')).code).toBe(0);
    expect((await begun.world.orquestaWith(env, 'doctor')).code).toBe(0);
    // What it was refused would stand here.
    expect(await admin.call('ACL', 'LOG')).toEqual([]);

    const user = new Redis(url);
    user.on('error', () => {});
    context.onTestFinished(() => user.disconnect());
    for (const [command, ...args] of [
      ['FLUSHALL'],
      ['KEYS', '*'],
      ['CONFIG', 'SET', 'appendonly', 'no'],
      ['SHUTDOWN'],
      ['ACL', 'LIST'],
      ['GET', 'somebody-else'],
      ['SET', 'orquesta2', 'x'],
    ] as const) {
      await expect(user.call(command, ...args), command).rejects.toThrow(/NOPERM/);
    }
  });

  it('over Sentinels', async (context) => {
    const group = await RedisGroup.begin();
    context.onTestFinished(() => group.end());
    await proveMainJob(await begin(context, group.url, { REDIS_WAIT_REPLICAS: '1' }));
  });

  it('over a cluster, through a slot that moves and the loss of its master', async (context) => {
    const cluster = await RedisCluster.begin();
    context.onTestFinished(() => cluster.end());
    const env = { REDIS_PREFIX: '{orquesta}' };
    const begun = await begin(context, cluster.url, env);
    const { program, world } = begun;
    await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
    await program.reaches(NUMBER, 'completed');

    const moved = await cluster.move('{orquesta}');
    await program.request('POST', '/api/instance/create', { numberphone: '573332222222' });
    await eventually('it is taken', async () => {
      const answer = await program.request('POST', '/api/instance/create', {
        numberphone: '573332222222',
      });
      return [202, 400].includes(answer.status);
    });
    await program.reaches('573332222222', 'completed');

    expect(await cluster.holderOf('{orquesta}')).toBe(moved);
    cluster.kill(moved);
    await eventually('the replica has taken its place', async () => {
      return (await cluster.holderOf('{orquesta}')) !== moved;
    });
    await eventually('the API answers again', async () => {
      return (await program.request('GET', `/api/instance/status/${NUMBER}`)).ok;
    });
    await proveSessions(program);
    await program.remove(NUMBER);
    expect([world.live(), world.made()]).toEqual([1, 2]);
  });

  it('not over a cluster whose keys would lie on several nodes', async (context) => {
    const { world } = await begin(context, (await ownRedis(context, [])).url);
    const refused = await world.orquestaWith(
      { REDIS_URL: 'redis+cluster://127.0.0.1:1', REDIS_PREFIX: 'orquesta' },
      'serve',
    );
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('REDIS_PREFIX must hold a hash tag'),
    ]);
  });

  async function unusedServer(): Promise<OwnRedis> {
    const server = await OwnRedis.begin();
    await server.end();
    return server;
  }
});
