import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { inject, test } from 'vitest';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/simulator.ts';
import { eventually, Hopeless } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { Caller } from './caller.ts';

export const API_KEY = 'e2e-key';
export const SSH_PASSWORD = 'e2e password $`"\\';
const THE_BUILD = [process.execPath, 'dist/main.js'];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A world of real processes: the program (as often as wanted) over a real Redis and the simulated cloud. */
export class World {
  readonly simulator: Simulator;
  /** Begins every key that the programs write. */
  readonly redisPrefix = `e2e-${randomUUID()}`;
  readonly #env: Readonly<Record<string, string>>;
  /** Where each droplet's sshd listens. */
  readonly sshPort: number;
  /** Where the simulator keeps its droplets. */
  readonly dir: string;
  readonly #running = new Set<ChildProcess>();

  private constructor(simulator: Simulator, dir: string, redisUrl: string, sshPort: number) {
    this.simulator = simulator;
    this.dir = dir;
    this.sshPort = sshPort;
    this.#env = {
      API_KEY,
      // In a container it would be all addresses, at one of which another run's droplet may have the port.
      HOST: '127.0.0.1',
      REDIS_URL: redisUrl,
      REDIS_PREFIX: this.redisPrefix,
      DIGITALOCEAN_API_URL: simulator.url,
      DIGITALOCEAN_TOKEN: 'e2e',
      DIGITALOCEAN_SSH_PASSWORD: SSH_PASSWORD,
      SSH_PORT: String(sshPort),
      ORQUESTA_CLASSES_DIR: 'examples/classes',
      LOG_LEVEL: process.env['E2E_LOG'] ?? 'warn',
      LOG_FORMAT: 'json',
    };
  }

  static async start(redisUrl: string, options: Partial<SimulatorOptions> = {}): Promise<World> {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-e2e-'));
    // Droplets without bubblewrap are another user's processes, who must get at their folder.
    chmodSync(dir, 0o711);
    const sshPort = await freePort();
    const simulator = await startSimulator({
      dataDir: dir,
      sshPort,
      limits: false,
      log: (text) => process.stderr.write(`Simulator: ${text}\n`),
      ...options,
    });
    return new World(simulator, dir, redisUrl, sshPort);
  }

  /** Starts one program and waits until its API answers. `command`: what starts it, by the names of its settings. */
  async run(
    over: Readonly<Record<string, string>> = {},
    command: (settings: readonly string[]) => readonly string[] = () => THE_BUILD,
  ): Promise<Program> {
    const port = over['PORT'] ?? (await freePort());
    const settings = { ...this.#env, PORT: String(port), ...over };
    const [file = '', ...args] = command(Object.keys(settings));
    const child = spawn(file, args, {
      env: { PATH: process.env['PATH'] ?? '', ...settings },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.#running.add(child);
    const isTls = over['TLS_SELF_SIGNED_DIR'] !== undefined;
    const program = new Program(child, `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`);
    await eventually('the program answers', async () => {
      if (child.exitCode !== null) throw new Hopeless(`The program ended with ${child.exitCode}`);
      return isTls ? answersTls(Number(port)) : (await fetch(`${program.url}/healthz`)).ok;
    });
    return program;
  }

  /** Runs a command of the program with the settings of this world, to its end. */
  orquesta(...args: readonly string[]): Promise<Ended> {
    return this.orquestaWith({}, ...args);
  }

  async orquestaWith(
    over: Readonly<Record<string, string>>,
    ...args: readonly string[]
  ): Promise<Ended> {
    const child = spawn(process.execPath, ['dist/cli/orquesta.js', ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...this.#env, ...over },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stdout, stderr };
  }

  /** Does something to a droplet from outside, as the simulator allows (docs/simulator.md). */
  async suffers(dropletId: number, action: string, body: unknown = {}): Promise<void> {
    const answer = await fetch(`${this.simulator.url}/simulator/droplets/${dropletId}/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  /** Droplets that exist in the cloud and were not deleted. */
  live(): number {
    return this.simulator.account.ledger.report().droplets.filter((one) => one.goneAt === undefined)
      .length;
  }

  /** Droplets that were ever made. */
  made(): number {
    return this.simulator.account.ledger.report().droplets.length;
  }

  async close(): Promise<void> {
    for (const child of this.#running) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }
    }
    await this.simulator.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Whether somebody speaks TLS there; who, is for the client to check that is given the certificate. */
const answersTls = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** One running program, spoken to as a web back end would. */
export class Program extends Caller {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, url: string) {
    super(url, API_KEY);
    this.#child = child;
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As a deployment would; answers the exit code and how long it took in ms. */
  async stop(): Promise<{ readonly code: number | null; readonly tookMs: number }> {
    const since = Date.now();
    await this.#end('SIGTERM');
    return { code: this.#child.exitCode, tookMs: Date.now() - since };
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await ended;
  }
}

/** A test with a world of its own, so that slow tests can run beside each other. */
export const inWorld = test.extend<{ world: World }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs from this pattern
  world: async ({}, use) => {
    const world = await World.start(inject('redisUrl'));
    await use(world);
    await world.close();
  },
});
