import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parse, stringify } from 'yaml';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { instanceName } from '../../src/resources/instance.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import type { ObjectEvent } from '../../src/store/journal.ts';
import { RedisJournal } from '../../src/store/redis-journal.ts';
import { type Program, World } from '../e2e/program.ts';
import { eventually } from '../eventually.ts';
import { type LabMachine, LabMachines } from './lab-machines.ts';

/** The example bot as part of the image, with this machine's Node.js: nothing to install. */
export const BOT_IN_IMAGE = [
  `--bind-ro=${process.execPath}:/usr/bin/node`,
  `--bind-ro=${process.cwd()}/examples/bot:/usr/local/lib/clientfy-bot`,
  `--bind-ro=${process.cwd()}/node_modules/uqr:/usr/local/lib/node_modules/uqr`,
];

/** Parts of an InstanceClass's spec, laid over those of its file one level deep. */
type ClassParts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface LabWorldOptions {
  /** The class `default` of this world: examples/classes/default.yaml unless told. */
  readonly classFile?: string | undefined;
  readonly classParts?: ClassParts | undefined;
  /** Put on the droplet beside the class's own files, by path. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Runs before the class's own script, on each run. */
  readonly scriptPrefix?: string | undefined;
  /** What a droplet reads as its user_data, made from what it should be. */
  readonly tamper?: ((userData: string) => string) | undefined;
  readonly machineFlags?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly simulator?: Partial<SimulatorOptions> | undefined;
}

/** Real processes of the program over a real Redis, and real droplets behind the simulated API. */
export class LabWorld {
  readonly #world: World;
  readonly #machines: LabMachines;
  readonly #dir: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #redis: Redis;

  private constructor(
    world: World,
    machines: LabMachines,
    dir: string,
    env: Readonly<Record<string, string>>,
    redis: Redis,
  ) {
    this.#world = world;
    this.#machines = machines;
    this.#dir = dir;
    this.#env = env;
    this.#redis = redis;
  }

  static async start(redisUrl: string, options: LabWorldOptions = {}): Promise<LabWorld> {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-hosts-'));
    const file = options.classFile ?? 'examples/classes/default.yaml';
    writeFileSync(join(dir, 'default.yaml'), classText(readFileSync(file, 'utf8'), options));
    const flags = options.machineFlags ?? BOT_IN_IMAGE;
    const machines = await LabMachines.start({ flags, tamper: options.tamper });
    const world = await World.start(redisUrl, {
      machines,
      log: console.error,
      ...options.simulator,
    });
    const prefix = `hosts-${randomUUID()}`;
    const env = { SSH_PORT: '22', ORQUESTA_CLASSES_DIR: dir, REDIS_PREFIX: prefix, ...options.env };
    return new LabWorld(world, machines, dir, env, new Redis(redisUrl));
  }

  run(): Promise<Program> {
    return this.#world.run(this.#env);
  }

  /** How many droplets exist in the cloud, and how many were ever made. */
  counts(): { readonly live: number; readonly made: number } {
    return { live: this.#world.live(), made: this.#world.made() };
  }

  get account() {
    return this.#world.simulator.account;
  }

  /** What happened to a number's instance, oldest first. */
  events(number: string): Promise<readonly ObjectEvent[]> {
    const prefix = this.#env['REDIS_PREFIX'] ?? '';
    const log = createLog({ level: 'silent', format: 'json' });
    const journal = new RedisJournal({ redis: this.#redis, prefix, clock: systemClock, log });
    return journal.events('Instance', instanceName(number));
  }

  /** The machine that serves a number now. */
  async machineOf(program: Program, number: string): Promise<LabMachine> {
    return this.#machines.of(await dropletIdOf(program, number));
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
    await this.#world.close();
    await this.#machines.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export async function dropletIdOf(program: Program, number: string): Promise<number> {
  return eventually(
    `${number} has a droplet`,
    async () => (await program.status(number)).instanceInfo?.dropletId,
  );
}

export async function logOf(program: Program, number: string): Promise<string> {
  const response = await program.request('GET', `/api/instance/logs/${number}?format=text`);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.text();
}

export async function createBot(program: Program, body: object): Promise<void> {
  const response = await program.request('POST', '/api/instance/create', body);
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
}

function classText(
  text: string,
  { classParts = {}, files = {}, scriptPrefix = '' }: LabWorldOptions,
): string {
  const manifest = parse(text) as {
    spec: Record<string, object> & { bootstrap: { script: string; files?: object[] } };
  };
  const { spec } = manifest;
  for (const [part, values] of Object.entries(classParts)) {
    spec[part] = { ...spec[part], ...values };
  }
  const { bootstrap } = spec;
  const added = Object.entries(files).map(([path, content]) => ({ path, content }));
  bootstrap.files = [...(bootstrap.files ?? []), ...added];
  if (scriptPrefix) {
    bootstrap.script = bootstrap.script.replace(/^(#!.*\n)?/, `$&${scriptPrefix}\n`);
  }
  return stringify(manifest);
}
