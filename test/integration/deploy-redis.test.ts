// Proves the Redis of deploy/: the shell text of its manifests, run as it stands, over a real redis-server.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { eventually, Hopeless } from '../eventually.ts';
import { freePort } from '../free-port.ts';

interface StatefulSet {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly resources: { readonly limits: { readonly memory: string } };
        }[];
      };
    };
  };
}

const pod = parseAllDocuments(readFileSync('deploy/kubernetes/redis.yaml', 'utf8'))
  .map((one) => one.toJS() as StatefulSet)
  .find(({ kind }) => kind === 'StatefulSet')?.spec.template.spec.containers[0];
const { services } = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true }) as {
  services: Record<string, { command: string[]; environment: Record<string, string> }>;
};

/** Each with the places that its text names: the file of settings that it includes, and that file here. */
const kinds = [
  {
    name: 'deploy/kubernetes',
    text: pod?.args[0] ?? '',
    settings: '/etc/redis/redis.conf',
    ours: 'deploy/kubernetes/redis.conf',
  },
  {
    name: 'deploy/compose.yaml',
    // Compose takes two for one that is not its own.
    text: (services['redis']?.command[0] ?? '').replaceAll('$$', '$'),
    settings: '/usr/local/etc/redis/orquesta.conf',
    ours: 'redis.conf',
  },
];

describe.each(kinds)('the Redis of $name', ({ text, settings, ours }) => {
  let dir: string;
  let port: number;
  let server: ChildProcess | undefined;
  let said = '';

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'orquesta-deploy-redis-'));
    port = await freePort();
    said = '';
  });
  afterEach(async () => {
    if (server?.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    }
    rmSync(dir, { recursive: true, force: true });
  });

  /** Runs the text with its places put into the test's folder, and its address into loopback. */
  function start(password: string): ChildProcess {
    const here = (line: string) =>
      line.replaceAll('bind * -::*', 'bind 127.0.0.1').replaceAll('dir /data', `dir ${dir}`);
    const included = join(dir, 'settings.conf');
    writeFileSync(included, `${here(readFileSync(ours, 'utf8'))}\nport ${port}\n`);
    const shell = here(text)
      .replaceAll(settings, included)
      .replaceAll('/tmp/redis.conf', join(dir, 'redis.conf'));
    server = spawn('/bin/sh', ['-ceu', shell], {
      env: { PATH: process.env['PATH'], REDISCLI_AUTH: password },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    return server;
  }

  /** What Redis answers to a caller with this password. */
  async function ping(password: string | undefined): Promise<string> {
    const redis = new Redis({
      port,
      ...(password === undefined ? {} : { password }),
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    redis.on('error', () => undefined);
    try {
      return await redis.ping();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      redis.disconnect();
    }
  }

  it.each([
    'letters0and9digits',
    'two words',
    ' one before and one after ',
    `it's "quoted"`,
    'back\\slash\\x41\\n',
    '$HOME `id` $(id) %s %n',
    '# no comment',
    'ñandú',
  ])('is opened by the password %j, and by no other', async (password) => {
    start(password);
    await eventually('Redis answers', async () => {
      if (server?.exitCode !== null) throw new Hopeless(said);
      return (await ping(password)) === 'PONG';
    });
    expect(await ping(undefined)).toMatch(/^NOAUTH/);
    expect(await ping('another')).toMatch(/WRONGPASS|NOAUTH/);
    expect(statSync(join(dir, 'redis.conf')).mode & 0o077).toBe(0);
    expect(readFileSync(`/proc/${server?.pid}/cmdline`, 'utf8')).not.toContain(password);
  });

  it('does not start without a password, and says what to set', async () => {
    const [code] = (await once(start(''), 'close')) as [number];
    expect(code).toBeGreaterThan(0);
    expect(said).toContain('REDIS_PASSWORD is empty');
  });
});

it('the pod of Redis refuses writes before its memory is taken away', () => {
  const limit = /^(\d+)Gi$/.exec(pod?.resources.limits.memory ?? '')?.[1];
  const settings = readFileSync('deploy/kubernetes/redis.conf', 'utf8');
  const most = /^maxmemory (\d+)mb$/m.exec(settings)?.[1];
  // Room for the rewrite of the append-only file, which copies what is changed meanwhile.
  expect(Number(most) / (Number(limit) * 1024)).toBeLessThan(0.7);
  expect(Number(most)).toBeGreaterThan(100);
});

it('the processes of the compose file are given the password as it is, and no address that it would have to fit into', () => {
  for (const name of ['api', 'controller']) {
    expect(services[name]?.environment).toMatchObject({
      REDIS_URL: '',
      REDIS_HOST: 'redis',
      REDIS_PASSWORD: expect.stringMatching(/^\$\{REDIS_PASSWORD:\?/),
    });
  }
});
