import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { processStart } from '../simulator/data-folder.ts';

export interface EmbeddedRedisOptions {
  /** For its files; made where missing. One program at a time may use it. */
  readonly dir: string;
  readonly configFile: string;
  readonly clock: Clock;
  /** What it does, in sentences for people. */
  readonly log: (text: string) => void;
  /** Default: the package's own. */
  readonly setupScript?: string | undefined;
}

export interface EmbeddedRedis {
  /** redis://127.0.0.1:PORT */
  readonly url: string;
  /** The server writes what it has and ends. */
  close(): Promise<void>;
}

/** Loading a big file takes some time. */
const START_LIMIT_MS = 60_000;

/** Who holds a data folder. */
interface Holder {
  readonly ownerPid: number;
  readonly ownerStarted: string;
  readonly serverPid: number;
  readonly port: number;
}

/**
 * Starts a Redis of our own on a free port of loopback, and installs one first where the machine has none.
 * Rejects with a sentence when that is not possible, or when another program uses the folder.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { clock, log } = options;
  const program = findServer() ?? install(options);
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const dir = realpathSync(options.dir);
  const lock = join(dir, 'orquesta-redis.json');
  await freeFolder(lock, dir, clock, log);

  // Taken before the server starts, so that of two programs only one does.
  const own = {
    ownerPid: process.pid,
    ownerStarted: processStart(process.pid),
    serverPid: 0,
    port: 0,
  };
  takeLock(lock, own, dir);
  try {
    for (let tried = 1; ; tried += 1) {
      const port = await freePort();
      const server = launch(program, options.configFile, dir, port);
      writeFileSync(lock, JSON.stringify({ ...own, serverPid: server.child.pid ?? 0, port }));
      const complaint = await untilReady(server, port, clock);
      if (complaint === undefined) {
        return { url: `redis://127.0.0.1:${port}`, close: () => stop(server, lock) };
      }
      // Another program may have taken the port since we looked.
      if (tried === 3 || !/in use/i.test(complaint)) {
        throw new Error(`Redis did not start in ${dir}: ${complaint}`);
      }
    }
  } catch (error) {
    rmSync(lock, { force: true });
    throw error;
  }
}

function findServer(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return ['redis-server', 'valkey-server']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

function install({ log, setupScript }: EmbeddedRedisOptions): string {
  log('There is no redis-server on this machine; installing one by scripts/setup-redis.sh.');
  const script =
    setupScript ?? fileURLToPath(new URL('../../scripts/setup-redis.sh', import.meta.url));
  const { status } = spawnSync('sh', [script], { stdio: 'inherit' });
  const found = findServer();
  if (status !== 0 || found === undefined) {
    throw new Error(
      'Redis could not be installed. Install redis-server yourself and try again; in the container image, which has none, use deploy/compose.simulator.yaml.',
    );
  }
  return found;
}

/** Two servers that write one append-only file destroy it. Ends a server that a killed program left behind; throws when its program lives. */
async function freeFolder(
  lock: string,
  dir: string,
  clock: Clock,
  log: (text: string) => void,
): Promise<void> {
  if (!existsSync(lock)) return;
  const holder = readHolder(lock);
  if (holder !== undefined) {
    const lives = processStart(holder.ownerPid) === holder.ownerStarted;
    // Where ps tells nothing, the server itself is asked below.
    if (lives && holder.ownerStarted !== '') throw inUse(dir, holder.ownerPid);
    await endStray(holder, dir, clock, log);
  }
  removeStale(lock, holder, dir);
}

/** Two programs may find the same stale lock: the slower one must not remove what the faster one has put there. */
function removeStale(lock: string, seen: Holder | undefined, dir: string): void {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (moved?.ownerPid !== seen?.ownerPid || moved?.ownerStarted !== seen?.ownerStarted) {
    renameSync(aside, lock);
    throw inUse(dir, moved?.ownerPid);
  }
  rmSync(aside, { force: true });
}

async function endStray(
  holder: Holder,
  dir: string,
  clock: Clock,
  log: (text: string) => void,
): Promise<void> {
  const redis = new Redis(holder.port, '127.0.0.1', {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    // Its port may be another server's by now: only one that writes into this folder is ours.
    const [, served] = (await redis.config('GET', 'dir')) as string[];
    if (served !== dir) return;
    log(`Ending the Redis that an earlier run left behind in ${dir}.`);
    await redis.shutdown().catch(() => {});
  } catch {
    // Nobody answers there.
  } finally {
    redis.disconnect();
  }
  const limit = clock.now() + START_LIMIT_MS;
  while (isServer(holder.serverPid, holder.port)) {
    if (clock.now() > limit) {
      throw new Error(
        `The Redis of an earlier run (process ${holder.serverPid}) still uses ${dir}; end it.`,
      );
    }
    await clock.sleep(50);
  }
}

/** By its title, for its number may be another program's by now. */
function isServer(pid: number, port: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return /redis-server|valkey-server/.test(stdout ?? '') && (stdout ?? '').includes(String(port));
}

function readHolder(lock: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function takeLock(lock: string, holder: Holder, dir: string): void {
  try {
    writeFileSync(lock, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
  } catch {
    throw inUse(dir, readHolder(lock)?.ownerPid);
  }
}

const inUse = (dir: string, pid: number | undefined) =>
  new Error(
    `${dir} is in use by another Orquesta (process ${pid ?? 'unknown'}); end it, or choose another folder.`,
  );

interface RunningServer {
  readonly child: ChildProcess;
  readonly watchdog: ChildProcess | undefined;
  readonly output: () => string;
}

function launch(program: string, configFile: string, dir: string, port: number): RunningServer {
  const args = [
    resolve(configFile),
    ...['--bind', '127.0.0.1', '--port', String(port)],
    ...['--dir', dir, '--daemonize', 'no', '--logfile', ''],
  ];
  // The kernel ends the server with us even when we are killed by -9. In a session of its own it doesn't hear
  // the Ctrl-C of the terminal: we end it last, when all that writes to it has ended.
  const byKernel =
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true'], { stdio: 'ignore' }).status === 0;
  const child = byKernel
    ? spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], { detached: true, stdio: OUTPUT })
    : spawn(program, args, { detached: true, stdio: OUTPUT });
  // Elsewhere a shell waits for the end of its input, which is our end, and ends the server then.
  const watchdog =
    byKernel || child.pid === undefined
      ? undefined
      : spawn('sh', ['-c', 'cat; kill -TERM "$1"', 'sh', String(child.pid)], {
          detached: true,
          stdio: ['pipe', 'ignore', 'ignore'],
        });
  watchdog?.on('error', () => {});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output = (output + data).slice(-2_000);
    });
  }
  return { child, watchdog, output: () => output };
}

const OUTPUT: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];

/** undefined: it answers. Else why not. */
async function untilReady(
  server: RunningServer,
  port: number,
  clock: Clock,
): Promise<string | undefined> {
  const redis = new Redis(port, '127.0.0.1', {
    retryStrategy: () => 25,
    maxRetriesPerRequest: null,
  });
  redis.on('error', () => {});
  const giveUp = new AbortController();
  const ended = new Promise<string>((resolve) => {
    server.child.once('error', (error) => resolve(error.message));
    server.child.once('close', (code) =>
      resolve(server.output().trim() || `it ended with ${code}`),
    );
  });
  const late = clock
    .sleep(START_LIMIT_MS, giveUp.signal)
    .then(() => `it did not answer within ${START_LIMIT_MS / 1000} s`);
  try {
    const complaint = await Promise.race([redis.ping().then(() => undefined), ended, late]);
    if (complaint !== undefined) await end(server);
    return complaint;
  } finally {
    giveUp.abort();
    redis.disconnect();
  }
}

async function stop(server: RunningServer, lock: string): Promise<void> {
  await end(server);
  rmSync(lock, { force: true });
}

async function end({ child, watchdog }: RunningServer): Promise<void> {
  watchdog?.kill('SIGKILL');
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}
