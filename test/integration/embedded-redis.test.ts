import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { startEmbeddedRedis } from '../../src/cli/embedded-redis.ts';
import { systemClock } from '../../src/clock.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function aFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'orquesta-embedded-'));
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function start(dir: string, said: string[] = []) {
  return startEmbeddedRedis({
    dir,
    configFile: 'redis.conf',
    clock: systemClock,
    log: (text) => said.push(text),
  });
}

/** One question to a server. Rejects when nobody answers. */
async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

/** Another program that starts a Redis in `dir`, and says its URL; killed at the end of the test. */
async function otherProgram(dir: string) {
  const code = `
    import { startEmbeddedRedis } from ${JSON.stringify(resolve('src/cli/embedded-redis.ts'))};
    import { systemClock } from ${JSON.stringify(resolve('src/clock.ts'))};
    const redis = await startEmbeddedRedis({ dir: process.argv[2], configFile: 'redis.conf', clock: systemClock, log: () => {} });
    console.log(redis.url);
    setInterval(() => {}, 1000);
  `;
  const script = join(await aFolder(), 'program.mts');
  await writeFile(script, code);
  const tsx = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', tsx, script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  cleanups.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(String(data).trim()));
    child.once('exit', (exitCode) => reject(new Error(`the program ended with ${exitCode}`)));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url, kill };
}

describe('a Redis of our own', () => {
  it('runs with redis.conf in its folder, and keeps what it was given over a restart', async () => {
    const dir = await aFolder();
    const first = await start(dir);
    await ask(first.url, async (redis) => {
      await redis.set('k', 'v');
      expect(await redis.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
      expect(await redis.config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    });
    await first.close();
    await expect(ask(first.url, (redis) => redis.ping())).rejects.toThrow();
    const second = await start(dir);
    cleanups.push(() => second.close());
    expect(await ask(second.url, (redis) => redis.get('k'))).toBe('v');
  });

  it('refuses a folder that another living program uses', async () => {
    const dir = await aFolder();
    const first = await start(dir);
    cleanups.push(() => first.close());
    await expect(start(dir)).rejects.toThrow(
      `is in use by another Orquesta (process ${process.pid})`,
    );
    expect(await ask(first.url, (redis) => redis.ping())).toBe('PONG');
  });

  it('does not outlive a program killed by -9, and the next one finds what it wrote', async () => {
    const dir = await aFolder();
    const program = await otherProgram(dir);
    await ask(program.url, (redis) => redis.set('k', 'v'));
    await program.kill();
    await expect
      .poll(() => ask(program.url, (redis) => redis.ping()).catch(() => 'gone'), {
        timeout: 20_000,
      })
      .toBe('gone');
    const next = await start(dir);
    cleanups.push(() => next.close());
    expect(await ask(next.url, (redis) => redis.get('k'))).toBe('v');
  });

  it('ends a server that was left behind in the folder before it starts another', async () => {
    const dir = await aFolder();
    const stray = await start(dir);
    const lock = join(dir, 'orquesta-redis.json');
    // As if the program that started it were dead, and the server had survived it.
    const holder = JSON.parse(await readFile(lock, 'utf8'));
    await writeFile(lock, JSON.stringify({ ...holder, ownerStarted: 'long ago' }));
    const said: string[] = [];
    const next = await start(dir, said);
    cleanups.push(() => next.close());
    expect(said).toEqual([expect.stringContaining('left behind')]);
    await expect(ask(stray.url, (redis) => redis.ping())).rejects.toThrow();
    expect(await ask(next.url, (redis) => redis.ping())).toBe('PONG');
  });

  it('says why when the server does not start', async () => {
    const dir = await aFolder();
    const configFile = join(dir, 'bad.conf');
    await writeFile(configFile, 'no-such-directive yes\n');
    const given = startEmbeddedRedis({ dir, configFile, clock: systemClock, log: () => {} });
    await expect(given).rejects.toThrow(/did not start in .*no-such-directive/s);
  });
});

describe('scripts/setup-redis.sh', () => {
  /** Runs it with these programs only. */
  async function setup(programs: Record<string, string>) {
    const dir = await aFolder();
    for (const [name, script] of Object.entries({ id: 'echo 0', ...programs })) {
      await writeFile(join(dir, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(dir, name), 0o755);
    }
    const ran = spawnSync('/bin/sh', ['scripts/setup-redis.sh'], {
      env: { PATH: dir, DIR: dir, CALLS: join(dir, 'calls') },
      encoding: 'utf8',
    });
    const calls = await readFile(join(dir, 'calls'), 'utf8').catch(() => '');
    return { code: ran.status, said: ran.stdout + ran.stderr, calls };
  }
  const env = 'while true; do case $1 in *=*) shift ;; *) break ;; esac; done; "$@"';
  const installs = (name: string) =>
    `echo "${name} $*" >> "$CALLS"; case "$*" in *redis*) echo '#!/bin/sh' > "$DIR/redis-server"; /bin/chmod +x "$DIR/redis-server" ;; esac`;

  it('does nothing where there is a server', async () => {
    const ran = await setup({ 'redis-server': '', 'apt-get': installs('apt-get') });
    expect(ran).toMatchObject({ code: 0, calls: '' });
    expect(ran.said).toContain('is there already');
  });

  it('updates, then installs by apt-get', async () => {
    const ran = await setup({ env, 'apt-get': installs('apt-get') });
    expect(ran.code).toBe(0);
    expect(ran.calls).toBe(
      'apt-get update -qq\napt-get install -y -qq --no-install-recommends redis-server\n',
    );
  });

  it.each(['dnf', 'apk', 'brew'])('installs by %s', async (manager) => {
    const ran = await setup({ [manager]: installs(manager) });
    expect(ran.code).toBe(0);
    expect(ran.calls).toMatch(new RegExp(`^${manager} .*redis\n$`));
  });

  it('asks sudo when it is not root, and says so when there is none', async () => {
    const user = { id: 'echo 1000', env, 'apt-get': installs('apt-get') };
    const ran = await setup({ ...user, sudo: 'echo sudo >> "$CALLS"; "$@"' });
    expect(ran.code).toBe(0);
    expect(ran.calls).toMatch(/^sudo\napt-get update/);
    const without = await setup(user);
    expect(without).toMatchObject({ code: 1, calls: '' });
    expect(without.said).toContain('needs root');
  });

  it('ends with a sentence where it cannot', async () => {
    const without = await setup({});
    expect(without.code).toBe(1);
    expect(without.said).toContain('none of apt-get, dnf, apk and brew is here');
    const failing = await setup({ 'apt-get': 'exit 100' });
    expect(failing).toMatchObject({
      code: 1,
      said: expect.stringContaining('apt-get update failed'),
    });
  });
});
