import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Machine, MachineKind, MachineOptions } from '../../src/simulator/machine.ts';
import { type MetadataService, startMetadataService } from './metadata-service.ts';

const SCRIPT = 'test/hosts/lab/droplet.sh';
const run = promisify(execFile);
const OUTPUT = { maxBuffer: 16 * 1024 * 1024 };
/** A command that enters a machine on its way down may never come back. */
const EXEC_LIMIT_MS = 30_000;

/** Why there is no lab here, as a sentence; undefined: there is one. */
export const labLacks: string | undefined = process.env['LAB']
  ? undefined
  : (process.env['ORQUESTA_LAB_LACKS'] ?? 'they run in a lab only: npm run test:hosts');

/** Each droplet of the lab has a number of its own, also when another test made it. */
let lastNumber = 0;

export interface Ran {
  readonly code: number;
  readonly output: string;
}

export interface LabOptions {
  /** For systemd-nspawn: what the droplets see of this machine. */
  readonly flags?: readonly string[] | undefined;
  /** What a droplet reads as its user_data, made from what it should be. */
  readonly tamper?: ((userData: string) => string) | undefined;
}

/** Real droplets on this machine, to stand behind the simulator's API. One at a time per lab. */
export class LabMachines implements MachineKind {
  readonly network = '10.199.1.0';
  readonly #metadata: MetadataService;
  readonly #machines = new Map<number, LabMachine>();
  readonly #flags: readonly string[];

  private constructor(metadata: MetadataService, flags: readonly string[]) {
    this.#metadata = metadata;
    this.#flags = flags;
  }

  static async start(given: LabOptions = {}): Promise<LabMachines> {
    return new LabMachines(await startMetadataService(given.tamper), given.flags ?? []);
  }

  make(options: MachineOptions): Machine {
    lastNumber += 1;
    const machine = new LabMachine(lastNumber, options, this.#metadata, this.#flags);
    this.#machines.set(options.droplet.id, machine);
    return machine;
  }

  /** The machine of a droplet, alive or not. Throws when it never had one. */
  of(dropletId: number): LabMachine {
    const machine = this.#machines.get(dropletId);
    if (machine === undefined) throw new Error(`Droplet ${dropletId} has no machine`);
    return machine;
  }

  async close(): Promise<void> {
    for (const machine of this.#machines.values()) await machine.destroy();
    await this.#metadata.close();
  }
}

export class LabMachine implements Machine {
  readonly #number: number;
  readonly #options: MachineOptions;
  readonly #metadata: MetadataService;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;
  #disk: 'none' | 'made' | 'wiped' = 'none';
  /** Power changes happen one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(
    number: number,
    options: MachineOptions,
    metadata: MetadataService,
    flags: readonly string[],
  ) {
    this.#number = number;
    this.#options = options;
    this.#metadata = metadata;
    this.#flags = flags;
  }

  powerOn(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#disk === 'wiped') return;
      await this.#off();
      if (this.#disk === 'none') await this.#create();
      this.#start();
    });
  }

  powerOff(): Promise<void> {
    return this.#inTurn(() => this.#off());
  }

  destroy(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#off();
      if (this.#disk === 'made') await this.#script('destroy', String(this.#number));
      this.#disk = 'wiped';
      this.#metadata.forget(this.#linkLocal());
    });
  }

  /** Runs a line of shell as root in it, behind everybody's back. 137: it did not end in time. */
  async exec(command: string): Promise<Ran> {
    try {
      const limit = { timeout: EXEC_LIMIT_MS, killSignal: 'SIGKILL' } as const;
      const args = ['exec', String(this.#number), command];
      const { stdout, stderr } = await run(SCRIPT, args, { ...OUTPUT, ...limit });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const failed = error as { code: unknown; killed?: boolean; stdout: string; stderr: string };
      const code = failed.killed ? 137 : failed.code;
      if (typeof code !== 'number') throw error;
      return { code, output: failed.stdout + failed.stderr };
    }
  }

  /** What a command prints, without the last line break. Throws when it fails. */
  async tell(command: string): Promise<string> {
    const { code, output } = await this.exec(command);
    if (code !== 0) throw new Error(`"${command}" ended with ${code}: ${output}`);
    return output.trimEnd();
  }

  /** What the machine printed as it booted, to be shown with a failure. */
  console(): string {
    try {
      return readFileSync(`/run/lab/drops/d${this.#number}/console.log`, 'utf8');
    } catch {
      return '';
    }
  }

  async #create(): Promise<void> {
    const { droplet, address } = this.#options;
    const mac = `02:00:00:00:00:${this.#number.toString(16).padStart(2, '0')}`;
    this.#metadata.know(this.#linkLocal(), { droplet, address, mac });
    await this.#script('create', String(droplet.id), address, mac, String(this.#number));
    this.#disk = 'made';
  }

  #start(): void {
    const child = spawn(SCRIPT, ['start', String(this.#number)], {
      env: { ...process.env, NSPAWN_ARGS: this.#flags.join(' ') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#process = child;
    child.once('exit', () => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#options.onPowerLost();
    });
  }

  async #off(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await this.#script('off', String(this.#number));
    await ended;
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }

  #script(...args: readonly string[]) {
    return run(SCRIPT, args, OUTPUT);
  }

  #linkLocal(): string {
    return `169.254.1.${this.#number}`;
  }
}
