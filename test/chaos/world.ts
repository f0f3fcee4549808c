import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parse, stringify } from 'yaml';
import { type Random, systemClock } from '../../src/clock.ts';
import type { AccountOptions } from '../../src/simulator/account-options.ts';
import type { LimitOptions } from '../../src/simulator/rate-limit.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { type ChaosCloud, type CloudOptions, lightCloud, sandboxCloud } from './cloud.ts';
import { orquestaProgram, type Program, redisProgram } from './processes.ts';

export const API_KEY = 'chaos-key';
const PASSWORD = 'chaos password $`"\\';

export interface WorldOptions {
  /** 0: the APIs are controllers as well. */
  readonly controllers: number;
  /** Of these, how many run at first; absent: all. */
  readonly startedControllers?: number | undefined;
  readonly apis: number;
  readonly machines: 'light' | 'sandbox' | ((options: CloudOptions) => Promise<ChaosCloud>);
  readonly random: Random;
  readonly account?: Partial<AccountOptions> | undefined;
  /** How long a light machine takes to be prepared. */
  readonly bootstrapMs?: number | undefined;
  /** Absent: DigitalOcean's own. */
  readonly limits?: LimitOptions | false | undefined;
  /** Of the class `default`, beside and over what examples/classes/default.yaml says; asked for once the cloud is open. */
  readonly classSpec?: ClassSpec | (() => ClassSpec) | undefined;
  /** Beside and over those that every program gets. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Settings of redis-server beside those of redis.conf, like `--maxmemory 4mb`. */
  readonly redisSettings?: readonly string[] | undefined;
}

type ClassSpec = Readonly<Record<string, unknown>>;

export interface ApiProgram {
  readonly program: Program;
  readonly url: string;
}

/** Real processes over a real Redis and a simulated account; nothing of them outlives `close`. */
export interface World {
  readonly dir: string;
  readonly prefix: string;
  readonly cloud: ChaosCloud;
  readonly redis: Program;
  readonly controllers: readonly Program[];
  readonly apis: readonly ApiProgram[];
  /** The test's own eyes on Redis. Comes back by itself when Redis does. */
  readonly eyes: Redis;
  readonly store: RedisStore;
  /** Ends everything that it started, by pid. `keep`: leaves logs and data. */
  close(keep?: boolean): Promise<void>;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'orquesta-chaos-'));
  const redisPort = await freePort();
  const redis = redisProgram(dir, redisPort, options.redisSettings);
  redis.start();
  const { machines } = options;
  const open =
    typeof machines === 'function'
      ? machines
      : { light: lightCloud, sandbox: sandboxCloud }[machines];
  const cloud = await open({
    dataDir: join(dir, 'cloud'),
    password: PASSWORD,
    random: options.random,
    account: options.account ?? {},
    bootstrapMs: options.bootstrapMs,
    limits: options.limits,
  });
  const prefix = `chaos-${randomUUID().slice(0, 8)}`;
  const env = {
    API_KEY,
    HOST: '127.0.0.1',
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    REDIS_PREFIX: prefix,
    DIGITALOCEAN_API_URL: cloud.url,
    DIGITALOCEAN_TOKEN: 'chaos-token',
    DIGITALOCEAN_SSH_PASSWORD: PASSWORD,
    SSH_PORT: String(cloud.sshPort),
    ORQUESTA_CLASSES_DIR: classesFolder(dir, options.classSpec),
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
    ...options.env,
  };
  const controllers = Array.from({ length: options.controllers }, (_, index) =>
    orquestaProgram(`controller-${index + 1}`, dir, {
      ...env,
      ORQUESTA_ROLE: 'controller',
      PORT: '0',
    }),
  );
  const apis = await Promise.all(
    Array.from({ length: options.apis }, async (_, index) => {
      const port = await freePort();
      const role = options.controllers === 0 ? 'all' : 'api';
      const own = { ...env, ORQUESTA_ROLE: role, PORT: String(port) };
      return {
        program: orquestaProgram(`api-${index + 1}`, dir, own),
        url: `http://127.0.0.1:${port}`,
      };
    }),
  );
  const eyes = new Redis(redisPort, '127.0.0.1', {
    maxRetriesPerRequest: 0,
    commandTimeout: 5_000,
    retryStrategy: () => 100,
    autoResendUnfulfilledCommands: false,
  });
  eyes.on('error', () => {});
  const store = new RedisStore({ redis: eyes, prefix, clock: systemClock, newUid: randomUUID });
  const all = [...controllers, ...apis.map((api) => api.program)];
  const endWithUs = () => {
    for (const program of [redis, ...all]) program.killAtOnce();
  };
  process.once('exit', endWithUs);
  const close = async (keep = false): Promise<void> => {
    process.off('exit', endWithUs);
    eyes.disconnect();
    await Promise.all(all.map((program) => program.kill()));
    await redis.kill();
    await cloud.close();
    if (!keep) rmSync(dir, { recursive: true, force: true });
  };
  try {
    await eventually('Redis answers', async () => (await eyes.ping()) === 'PONG');
    for (const program of controllers.slice(0, options.startedControllers)) program.start();
    for (const { program } of apis) program.start();
    for (const { url } of apis) {
      await eventually('the API answers', async () => (await fetch(`${url}/healthz`)).ok);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { dir, prefix, cloud, redis, controllers, apis, eyes, store, close };
}

/** The simulator's own class, with deadlines that fit its speed. */
function classesFolder(dir: string, given: WorldOptions['classSpec']): string {
  const spec = typeof given === 'function' ? given() : given;
  const folder = join(dir, 'classes');
  mkdirSync(folder);
  const manifest = parse(readFileSync('examples/classes/default.yaml', 'utf8'));
  manifest.spec.deadlines = { dropletActiveSeconds: 45, sshSeconds: 45 };
  manifest.spec.retries = { bootstrap: 3, replaceDroplet: 5 };
  Object.assign(manifest.spec, spec);
  writeFileSync(join(folder, 'default.yaml'), stringify(manifest));
  return folder;
}
