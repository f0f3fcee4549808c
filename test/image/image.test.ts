// Proves the container image as deploy/compose.yaml runs it: a user who is nobody, a disk that can't be written, no capability.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Program, World } from '../e2e/program.ts';
import { eventually } from '../eventually.ts';

const engine = process.env['ORQUESTA_IMAGE_ENGINE'] ?? 'docker';
const image = process.env['ORQUESTA_IMAGE'] ?? '';
/** Why there is no image here, as a sentence; undefined: there is one. */
const lacks = image
  ? undefined
  : (process.env['ORQUESTA_IMAGE_LACKS'] ?? 'it is built first: npm run test:image');

const NUMBER = '573332221111';
const name = `orquesta-test-${randomUUID().slice(0, 8)}`;
const call = (...args: readonly string[]): string =>
  execFileSync(engine, args, { encoding: 'utf8', stdio: 'pipe' }).trim();
/** What the engine is told by its surroundings: a program of the world has none. */
const surroundings = Object.entries(process.env)
  .filter(([variable]) => /^(HOME|CONTAINERS_CONF|DOCKER_\w+|XDG_\w+)$/.test(variable))
  .map(([variable, value]) => `${variable}=${value}`);
/** Settings go by their names: their values would be seen in the process list. */
const inContainer = (settings: readonly string[]): readonly string[] => [
  ...[
    'env',
    ...surroundings,
    engine,
    'run',
    '--rm',
    '--name',
    name,
    '--network',
    'host',
    '--read-only',
    '--tmpfs',
    '/tmp',
  ],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...settings.flatMap((setting) => ['--env', setting]),
  image,
];

describe.skipIf(lacks)('the container image', () => {
  let world: World;
  let program: Program;

  beforeAll(async () => {
    world = await World.start(inject('redisUrl'));
    const over = { HOST: '127.0.0.1', ORQUESTA_CLASSES_DIR: '/app/examples/classes' };
    program = await world.run(over, inContainer);
  });
  afterAll(async () => {
    // A test that failed leaves it running, whatever becomes of the engine's client.
    spawnSync(engine, ['rm', '--force', name]);
    await world?.close();
  });

  it('does the main job', async () => {
    await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
    expect(await program.reaches(NUMBER, 'completed', 'failed')).toMatchObject({
      status: 'completed',
      error: null,
    });
    await eventually('there is a QR', async () => {
      const qr = await program.request('GET', `/api/instance/qr/${NUMBER}`);
      return qr.headers.get('content-type') === 'image/png';
    });
    await program.remove(NUMBER);
    expect([world.live(), world.made()]).toEqual([0, 1]);
  });

  it('serves the dashboard', async () => {
    const page = await fetch(`${program.url}/`);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await page.text()).toContain('Orquesta');
  });

  it('is nobody, and can do nothing to its machine', () => {
    const status = call('exec', name, 'cat', '/proc/1/status');
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(() => call('exec', name, 'touch', '/app/x')).toThrow(/Read-only file system/);
  });

  it('tells its health by the command that it names for it', () => {
    const told = JSON.parse(call('image', 'inspect', image)) as readonly {
      readonly Config: { readonly Healthcheck?: { readonly Test: readonly string[] } };
      readonly HealthCheck?: { readonly Test: readonly string[] };
      readonly Healthcheck?: { readonly Test: readonly string[] };
    }[];
    const [one] = told;
    const check = one?.Config.Healthcheck ?? one?.Healthcheck ?? one?.HealthCheck;
    const [kind, ...command] = check?.Test ?? [];
    expect(kind).toBe('CMD');
    call('exec', name, ...command);
    expect(() => call('exec', '--env', 'PORT=1', name, ...command)).toThrow();
  });

  it('holds the program and what it runs with, and nothing else', () => {
    const run = (...command: readonly string[]) =>
      call(
        'run',
        '--rm',
        '--no-healthcheck',
        '--network',
        'none',
        '--entrypoint',
        command[0] ?? '',
        image,
        ...command.slice(1),
      );
    expect(run('ls', '-A', '/app').split('\n').sort()).toEqual([
      'LICENSE',
      'dist',
      'examples',
      'manifests',
      'node_modules',
      'package.json',
    ]);
    const packages = run('ls', '/app/node_modules').split('\n');
    expect(packages).toContain('bullmq');
    for (const one of ['vitest', 'typescript', 'vite', 'tsx', 'preact']) {
      expect(packages).not.toContain(one);
    }
    expect(run('orquesta', '--help')).toContain('serve');
  });

  it('ends when it is told to, in time', async () => {
    const { code, tookMs } = await program.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
  });
});
