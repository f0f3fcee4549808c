// Proves the commands of the program over a running one, as an operator uses them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { type Program, World } from './program.ts';

const NUMBER = '573332221111';

describe('the commands', () => {
  let world: World;
  let program: Program;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'orquesta-cli-'));
    world = await World.start(inject('redisUrl'));
    program = await world.run();
  });
  afterAll(async () => {
    await world?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const run = (...args: readonly string[]) =>
    world.orquestaWith({ ORQUESTA_URL: program.url }, ...args);
  interface Report {
    readonly ok: boolean;
    readonly checks: readonly { readonly name: string; state: string; message: string }[];
  }
  const examined = async (over: Readonly<Record<string, string>> = {}) => {
    const { code, stdout } = await world.orquestaWith(
      { PORT: '0', ORQUESTA_ROLE: 'all', ...over },
      'doctor',
      '--json',
    );
    return { code, report: JSON.parse(stdout) as Report };
  };
  const told = (report: Report, name: string) =>
    report.checks
      .filter((one) => one.name === name)
      .map(({ state, message }) => `${state}: ${message}`);

  it('apply rehearses, declares, and says again that nothing has changed', async () => {
    const bot = file(
      'bot.yaml',
      `apiVersion: orquesta.clientfy.io/v1\nkind: Instance\nspec: {numberphone: "${NUMBER}"}\n`,
    );
    expect(await run('apply', '-f', bot, '--dry-run')).toMatchObject({
      code: 0,
      stdout: `instance/bot-${NUMBER} created (dry run)\n`,
    });
    expect((await program.request('GET', `/api/instance/status/${NUMBER}`)).status).toBe(404);
    expect(await run('apply', '-f', dir)).toMatchObject({
      code: 0,
      stdout: `instance/bot-${NUMBER} created\n`,
    });
    expect(await run('apply', '-f', bot)).toMatchObject({
      code: 0,
      stdout: `instance/bot-${NUMBER} unchanged\n`,
    });
    await program.reaches(NUMBER, 'completed');
  });

  it('get shows objects as a table, by label, and as they are', async () => {
    const table = await run('get', 'instances');
    expect([table.code, table.stderr]).toEqual([0, '']);
    const [head = '', ...rows] = table.stdout.trimEnd().split('\n');
    expect(head).toMatch(/^NAME +/);
    expect(rows).toEqual([expect.stringMatching(new RegExp(`^bot-${NUMBER} +.*completed`))]);
    const wide = await run('get', 'inst', NUMBER, '-o', 'wide');
    expect(wide.stdout.split('\n')[1]).toContain(`bot-${NUMBER}`);
    const none = await run('get', 'instances', '-l', 'tier=gold');
    expect([none.stdout, none.stderr]).toEqual(['', 'There are none.\n']);
    const yaml = await run('get', 'instance', NUMBER, '-o', 'yaml');
    expect(parse(yaml.stdout)).toMatchObject({
      kind: 'Instance',
      metadata: { name: `bot-${NUMBER}` },
      status: { phase: 'completed' },
    });
    const json = JSON.parse((await run('get', 'droplets', '-o', 'json')).stdout) as {
      items: unknown[];
    };
    expect(json.items).toHaveLength(1);
    expect((await run('get', 'droplets', '-o', 'name')).stdout).toBe(`droplet/bot-${NUMBER}\n`);
    const missing = await run('get', 'instance', '573339999999');
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('not found')]);
  });

  it('apply writes nothing when one of several files is wrong, and names the file and the line', async () => {
    const good = file(
      'good.yaml',
      'apiVersion: orquesta.clientfy.io/v1\nkind: Instance\nspec: {numberphone: "573332222222"}\n',
    );
    const bad = file(
      'bad.yaml',
      'apiVersion: orquesta.clientfy.io/v1\nkind: Instance\nspec: {numberphone: "12"}\n',
    );
    const { code, stdout, stderr } = await run('apply', '-f', good, '-f', bad);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`${bad}: document 1, line 3: `);
    expect((await program.request('GET', '/api/instance/status/573332222222')).status).toBe(404);
  });

  it('say in a sentence what is wrong with a key, an address or their use', async () => {
    const at = { ORQUESTA_URL: program.url };
    const refused = await world.orquestaWith({ ...at, API_KEY: 'another' }, 'apply', '-f', dir);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('does not take this API_KEY'),
    ]);
    const away = await world.orquestaWith(
      { ORQUESTA_URL: 'http://127.0.0.1:1' },
      'get',
      'instances',
    );
    expect([away.code, away.stderr]).toEqual([
      1,
      expect.stringContaining('does not answer at http://127.0.0.1:1'),
    ]);
    const misused = await run('get', 'pods');
    expect([misused.code, misused.stderr]).toEqual([
      2,
      expect.stringContaining('KIND must be one of'),
    ]);
    expect((await run('apply', '--recursive')).code).toBe(2);
  });

  it('doctor finds nothing wrong where all is well, and changes nothing', async () => {
    const made = world.made();
    const { code, report } = await examined();
    const troubles = report.checks.filter(({ state }) => state === 'failed');
    expect([code, troubles]).toEqual([0, []]);
    expect(report.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'settings',
        'redis',
        'redis version',
        'redis durability',
        'clock',
        'token',
        'scopes',
        'account',
        'class default',
        'login',
        'ssh',
        'port',
      ]),
    );
    expect(told(report, 'redis durability')).toEqual([expect.stringMatching(/^ok: /)]);
    expect(told(report, 'keys')).toEqual([expect.stringMatching(/^warning: .*\(key-1\)/)]);
    expect(told((await examined({ API_KEY: 'k'.repeat(32) })).report, 'keys')).toEqual([
      expect.stringMatching(/^ok: /),
    ]);
    expect(world.made()).toBe(made);
    const asText = await world.orquestaWith({ PORT: '0' }, 'doctor');
    expect(asText.stdout).toMatch(/^ok {2}token +DigitalOcean takes it$/m);
  });

  it('doctor says what to do: for Redis, the classes, the login, the port and the cloud', async () => {
    const classes = mkdtempSync(join(dir, 'classes-'));
    const klass = (name: string, droplet: string) =>
      writeFileSync(
        join(classes, `${name}.yaml`),
        `apiVersion: orquesta.clientfy.io/v1\nkind: InstanceClass\nmetadata: {name: ${name}}\nspec: {droplet: ${droplet}}\n`,
      );
    klass('nowhere', '{region: mars1}');
    klass('huge', '{size: s-999vcpu}');
    klass('odd', '{image: no-such-image}');
    const { code, report } = await examined({
      REDIS_URL: 'redis://127.0.0.1:1',
      ORQUESTA_CLASSES_DIR: classes,
      DIGITALOCEAN_SSH_PASSWORD: 'short',
      PORT: new URL(world.simulator.url).port,
      API_KEY: '',
    });
    expect(code).toBe(1);
    expect(told(report, 'settings')[0]).toContain('failed: API_KEY is not set');
    expect(told(report, 'redis')[0]).toContain('failed: Redis does not answer at 127.0.0.1:1');
    expect(told(report, 'class nowhere')[0]).toContain('There is no region mars1');
    expect(told(report, 'class huge')[0]).toContain('There is no size s-999vcpu');
    expect(told(report, 'class odd')[0]).toContain('There is no image no-such-image');
    expect(told(report, 'login')[0]).toContain(
      'warning: DIGITALOCEAN_SSH_PASSWORD is easy to guess',
    );
    expect(told(report, 'port')[0]).toContain('is taken by another program');
    const away = await examined({ DIGITALOCEAN_API_URL: 'http://127.0.0.1:1' });
    expect(told(away.report, 'cloud')[0]).toContain('failed: DigitalOcean does not answer');
  });
});
