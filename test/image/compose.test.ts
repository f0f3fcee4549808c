// Proves deploy/compose.yaml, as a whole and as it is: it comes up, does the main job, loses a controller and its Redis, and goes down.
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../e2e/caller.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';

const engine = process.env['ORQUESTA_IMAGE_ENGINE'] ?? 'docker';
const [command = '', ...words] = (process.env['ORQUESTA_COMPOSE'] ?? '').split(' ');
/** Why there is no Compose here, as a sentence; undefined: there is one. */
const lacks = command
  ? undefined
  : (process.env['ORQUESTA_COMPOSE_LACKS'] ?? 'it is looked for first: npm run test:image');

const API_KEY = randomUUID();
/** None of its characters means anything, to a shell, a URL, or Redis. */
const PASSWORD = `${randomBytes(12).toString('hex')} "a" @b\\c/d $e #f`;
const [FIRST, SECOND] = ['573332221111', '573332222222'];
const PROJECT = `orquesta-test-${randomUUID().slice(0, 8)}`;
const SERVICES = ['api', 'controller', 'controller', 'redis', 'simulator'];

/** The folder of somebody who has cloned the repository, and filled in their .env. */
const dir = mkdtempSync(join(tmpdir(), 'orquesta-compose-'));

const run = promisify(execFile);
/** What Compose prints. Rejects with what it said when it fails. */
async function compose(...args: readonly string[]): Promise<string> {
  const files = ['deploy/compose.yaml', 'deploy/compose.simulator.yaml'].flatMap((file) => [
    '--file',
    file,
  ]);
  const all = [...words, '--project-name', PROJECT, ...files, '--env-file', '.env', ...args];
  return (await run(command, all, { cwd: dir })).stdout.trim();
}
/** What a container's own program prints. */
const inside = (container: string, ...program: readonly string[]): string =>
  execFileSync(engine, ['exec', container, ...program], { encoding: 'utf8', stdio: 'pipe' }).trim();
const containers = async (service: string): Promise<readonly string[]> =>
  (await compose('ps', '--quiet', service)).split('\n');

/** Podman leaves the intervals of health checks to systemd, which a sandbox may not have: `work` goes on while they are done here. */
async function withHealthChecks<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const checks = (async () => {
    while (engine === 'podman' && !over) {
      const ids = await compose('ps', '--quiet', 'redis');
      if (ids) await run(engine, ['healthcheck', 'run', ids]).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  try {
    return await work;
  } finally {
    over = true;
    await checks;
  }
}

describe.skipIf(lacks)('the compose file', () => {
  let api: Caller;

  beforeAll(async () => {
    cpSync('deploy', join(dir, 'deploy'), { recursive: true });
    cpSync('redis.conf', join(dir, 'redis.conf'));
    const settings = {
      API_KEY,
      PORT: await freePort(),
      REDIS_PASSWORD: `'${PASSWORD}'`,
      DIGITALOCEAN_TOKEN: 'compose-token',
      DIGITALOCEAN_SSH_PASSWORD: 'compose-password',
      ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ORQUESTA_IMAGE: process.env['ORQUESTA_IMAGE'],
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(dir, '.env'), lines.join(''), { mode: 0o600 });
    api = new Caller(`http://127.0.0.1:${settings.PORT}`, API_KEY);
    await withHealthChecks(compose('up', '--detach', '--no-build'));
  });
  afterAll(async () => {
    if (!lacks) await compose('down', '--volumes', '--timeout', '0');
    rmSync(dir, { recursive: true, force: true });
  });

  /** Droplets that were ever made, by the simulator's own book. */
  const made = async (): Promise<readonly { readonly goneAt?: number }[]> => {
    const [simulator = ''] = await containers('simulator');
    const ask = `fetch('http://127.0.0.1:4040/simulator/ledger').then((answer) => answer.text()).then(console.log)`;
    const { droplets } = JSON.parse(inside(simulator, 'node', '-e', ask));
    return droplets;
  };

  it('does the main job, and each part may do as little as it needs', async () => {
    await eventually('the API answers', async () => (await fetch(`${api.url}/readyz`)).ok);
    const running = (await compose('ps', '--format', '{{.Service}}')).split('\n').sort();
    expect(running).toEqual(SERVICES);
    await api.request('POST', '/api/instance/create', { numberphone: FIRST });
    expect(await api.reaches(FIRST, 'completed', 'failed')).toMatchObject({
      status: 'completed',
      error: null,
    });
    await eventually('there is a QR', async () => {
      const qr = await api.request('GET', `/api/instance/qr/${FIRST}`);
      return qr.headers.get('content-type') === 'image/png';
    });
    for (const service of ['api', 'controller', 'redis', 'simulator']) {
      for (const container of await containers(service)) {
        const status = inside(container, 'cat', '/proc/1/status');
        expect(status).toMatch(/^CapEff:\t0+$/m);
        expect(status).toMatch(/^NoNewPrivs:\t1$/m);
        expect(status).not.toMatch(/^Uid:\t0\t/m);
        expect(inside(container, 'cat', '/proc/1/cmdline')).not.toContain(PASSWORD);
        expect(() => inside(container, 'touch', '/x')).toThrow(/Read-only file system/);
      }
    }
  });

  it('gives the process that the world may call nothing that opens the account or a droplet', async () => {
    const [controller = ''] = await containers('controller');
    expect(inside(controller, 'env')).toMatch(/^ORQUESTA_ENCRYPTION_KEY=./m);
    const [process = ''] = await containers('api');
    expect(inside(process, 'env')).not.toMatch(/compose-token|compose-password|ENCRYPTION_KEY=./);
  });

  it('has a Redis that keeps what it was told, and lets nobody in without the password', async () => {
    const [redis = ''] = await containers('redis');
    const asked = inside(redis, 'env', '-u', 'REDISCLI_AUTH', 'redis-cli', 'dbsize');
    expect(asked).toContain('NOAUTH');
    const set = (name: string) => inside(redis, 'redis-cli', 'config', 'get', name).split('\n')[1];
    expect([set('appendonly'), set('maxmemory-policy')]).toEqual(['yes', 'noeviction']);
    await run(engine, ['kill', '--signal', 'KILL', redis]);
    await withHealthChecks(compose('up', '--detach', '--no-build', '--no-recreate'));
    expect(await api.reaches(FIRST, 'completed')).toMatchObject({ status: 'completed' });
  });

  it('loses one of its controllers in the middle of a create, and no droplet', async () => {
    await api.request('POST', '/api/instance/create', { numberphone: SECOND });
    await eventually('a droplet is asked for', async () => (await made()).length === 2);
    const [one = ''] = await containers('controller');
    await run(engine, ['kill', '--signal', 'KILL', one]);
    expect(await api.reaches(SECOND, 'completed', 'failed')).toMatchObject({ error: null });
    for (const number of [FIRST, SECOND]) await api.remove(number);
    const droplets = await made();
    expect([droplets.length, droplets.filter(({ goneAt }) => goneAt === undefined)]).toEqual([
      2,
      [],
    ]);
  });

  it('goes down in time, each by its own will', async () => {
    await compose('up', '--detach', '--no-build', '--no-recreate');
    await compose('stop');
    const ended = await compose('ps', '--all', '--format', '{{.Service}} {{.ExitCode}}');
    expect(ended.split('\n').sort()).toEqual(SERVICES.map((service) => `${service} 0`));
  });
});
