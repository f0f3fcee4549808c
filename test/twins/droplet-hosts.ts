import type { Clock } from '../../src/clock.ts';
import type { Account } from '../../src/simulator/account.ts';
import type { DropletRecord } from '../../src/simulator/records.ts';
import { publicKeyLine } from '../../src/ssh/host-key.ts';
import type { CommandResult } from '../../src/ssh/shell.ts';
import type { MemoryBotState } from './memory-bot.ts';
import type { MemoryHost } from './memory-shell.ts';

/** What it takes until the bot of a broken machine answers again. */
export type Sickness = 'needs-restart' | 'needs-reboot' | 'needs-replacement';

export interface DropletHostsOptions {
  /** From power to sshd. */
  readonly sshAfterMs: number;
  readonly bootstrapMs: number;
  /** From the start of the service to its first answer. */
  readonly botAfterMs: number;
}

const DEFAULTS: DropletHostsOptions = { sshAfterMs: 700, bootstrapMs: 2_500, botAfterMs: 600 };

interface Run {
  readonly boot: number;
  readonly endsAt: number;
  readonly env: string;
  /** ORQUESTA_STAGE: what of the class's script is run. */
  readonly stage: string;
  readonly exitCode: number;
  state: 'running' | 'ended' | 'dead';
}

/** The disk and the processes of one droplet. */
export interface Machine {
  readonly droplet: DropletRecord;
  readonly runs: Map<string, Run>;
  /** What the last successful bootstrap gave to the bot. */
  env: string | undefined;
  /** All that needs no number is in place. */
  isPrepared: boolean;
  boots: number;
  bootedAt: number;
  /** When the bot's service was last started; undefined: it is not installed, or stopped. */
  serviceSince: number | undefined;
  sickness: Sickness | undefined;
  /** What sshd presents, and what is to take its place. */
  hostKey: string;
  nextHostKey: string | undefined;
  /** How many bootstraps from now on end with exit code 1. */
  failingRuns: number;
}

/** A bootstrap with this variable ends with exit code 1. */
export const BREAKS_BOOTSTRAP = 'BREAKS_BOOTSTRAP';

const END_MARK = '[orquesta] bootstrap ended with exit code';

/** The droplets of an account as machines: they boot, run what the bootstrap asks for, and serve a bot. Runs die with the boot, files with the droplet. */
export class DropletHosts {
  readonly hosts = new Map<string, MemoryHost>();
  readonly bots = new Map<string, MemoryBotState>();
  readonly machines = new Map<number, Machine>();
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #options: DropletHostsOptions;
  /** The droplet that serves each address now. */
  readonly #at = new Map<string, number>();

  constructor(deps: {
    readonly account: Account;
    readonly clock: Clock;
    readonly options?: Partial<DropletHostsOptions> | undefined;
  }) {
    this.#account = deps.account;
    this.#clock = deps.clock;
    this.#options = { ...DEFAULTS, ...deps.options };
  }

  /** Follows what the account says now. To be called after each change of it. */
  sync(): void {
    const powered = this.#account
      .living()
      .filter((droplet) => droplet.powered && droplet.address !== undefined);
    const addresses = new Map(powered.map(({ id, address }) => [id, address]));
    for (const [address, id] of this.#at) {
      if (addresses.get(id) === address) continue;
      this.#at.delete(address);
      this.hosts.delete(address);
      this.bots.delete(address);
    }
    for (const id of this.machines.keys()) {
      if (!this.#account.living().some((droplet) => droplet.id === id)) this.machines.delete(id);
    }
    for (const droplet of powered) this.#serve(droplet);
  }

  /** The bot's process dies, or the machine gets so sick that only more helps. */
  sicken(id: number, sickness: Sickness): void {
    const machine = this.machines.get(id);
    if (machine === undefined) return;
    machine.sickness = sickness;
    machine.serviceSince = undefined;
  }

  /** Whether the bot answers now. */
  answers(id: number): boolean {
    const machine = this.machines.get(id);
    if (machine === undefined || !machine.droplet.powered) return false;
    this.#progress(machine);
    const { serviceSince, sickness } = machine;
    const isUp =
      serviceSince !== undefined && this.#clock.now() >= serviceSince + this.#options.botAfterMs;
    return isUp && sickness === undefined;
  }

  #serve(droplet: DropletRecord): void {
    const address = droplet.address as string;
    const machine = this.machines.get(droplet.id) ?? this.#machineOf(droplet);
    if (machine.boots !== droplet.boots) this.#boot(machine);
    if (this.#at.get(address) === droplet.id) return;
    this.#at.set(address, droplet.id);
    const sshAt = () => machine.bootedAt + this.#options.sshAfterMs;
    const now = () => this.#clock.now();
    this.hosts.set(address, {
      get net() {
        return now() >= sshAt() ? 'up' : 'refused';
      },
      get hostKey() {
        return machine.hostKey;
      },
      takesLogin: true,
      get bootId() {
        return `${droplet.id}/${droplet.boots}`;
      },
      run: async (command, stdin) => this.#run(machine, command, stdin),
      follow: (command, signal) => this.#follow(machine, command, signal),
    });
    const answers = () => this.answers(droplet.id);
    this.bots.set(address, {
      get report() {
        return answers()
          ? { healthy: true as const, session: 'show_qr', qr: undefined }
          : { healthy: false as const, why: 'The connection was refused.' };
      },
      qr: undefined,
    });
  }

  #machineOf(droplet: DropletRecord): Machine {
    const machine: Machine = {
      droplet,
      runs: new Map(),
      env: undefined,
      isPrepared: false,
      boots: 0,
      bootedAt: 0,
      serviceSince: undefined,
      sickness: undefined,
      hostKey: bornKey(droplet),
      nextHostKey: undefined,
      failingRuns: 0,
    };
    this.machines.set(droplet.id, machine);
    return machine;
  }

  #boot(machine: Machine): void {
    machine.boots = machine.droplet.boots;
    machine.bootedAt = this.#clock.now();
    for (const run of machine.runs.values()) if (run.state === 'running') run.state = 'dead';
    if (machine.sickness !== 'needs-replacement') machine.sickness = undefined;
    machine.serviceSince = machine.env === undefined ? undefined : this.#clock.now();
  }

  /** Ends the runs whose time has come. */
  #progress(machine: Machine): void {
    for (const run of machine.runs.values()) {
      if (run.state !== 'running' || this.#clock.now() < run.endsAt) continue;
      run.state = 'ended';
      if (run.exitCode !== 0) continue;
      machine.isPrepared = true;
      if (run.stage === 'prepare') continue;
      machine.env = run.env;
      machine.serviceSince = run.endsAt;
      if (machine.sickness === 'needs-restart') machine.sickness = undefined;
    }
  }

  #run(machine: Machine, command: string, stdin: string): CommandResult {
    this.#progress(machine);
    const run = /^run=(\S+)/.exec(command)?.[1];
    if (run !== undefined) return ok(this.#ensure(machine, run, stdin));
    if (command.startsWith('verb=stage\n')) {
      machine.nextHostKey ??= ownKey(machine.droplet);
      return ok(machine.nextHostKey);
    }
    if (command.startsWith('verb=activate\n')) {
      machine.hostKey = machine.nextHostKey ?? machine.hostKey;
      machine.nextHostKey = undefined;
      return ok('');
    }
    if (!command.startsWith('systemctl restart ')) {
      return { exitCode: 127, stdout: '', stderr: `${command}: not found` };
    }
    if (machine.env === undefined) return { exitCode: 5, stdout: '', stderr: 'Unit not found.' };
    if (machine.sickness === 'needs-restart') machine.sickness = undefined;
    machine.serviceSince = this.#clock.now();
    return ok('');
  }

  #ensure(machine: Machine, name: string, stdin: string): string {
    let run = machine.runs.get(name);
    if (run === undefined) {
      for (const other of machine.runs.values())
        if (other.state === 'running') other.state = 'dead';
      const [, botEnv = ''] = /^\S+ \S+\/bot\.env (\S*)$/m.exec(stdin) ?? [];
      const stage = stageOf(stdin);
      const env = Buffer.from(botEnv, 'base64').toString('utf8');
      const isFailing = machine.failingRuns > 0 || env.includes(`${BREAKS_BOOTSTRAP}=`);
      if (machine.failingRuns > 0) machine.failingRuns--;
      const isUnprepared = stage === 'start' && !machine.isPrepared;
      const { bootstrapMs } = this.#options;
      run = {
        boot: machine.boots,
        endsAt: this.#clock.now() + (stage === 'start' ? bootstrapMs / 10 : bootstrapMs),
        env,
        stage,
        exitCode: isFailing || isUnprepared ? 1 : 0,
        state: 'running',
      };
      machine.runs.set(name, run);
    }
    return run.state === 'ended' ? `ended ${run.exitCode}` : run.state;
  }

  async *#follow(machine: Machine, command: string, signal: AbortSignal): AsyncGenerator<string> {
    const name = /\/var\/lib\/orquesta\/([^"]+)"/.exec(command)?.[1] ?? '';
    const skipped = Number(/tail -c \+(\d+)/.exec(command)?.[1]) - 1;
    const run = machine.runs.get(name);
    if (run === undefined) return;
    const first = '==> prepare\n';
    yield first.slice(skipped);
    if (run.state === 'running') {
      await this.#clock.sleep(Math.max(0, run.endsAt - this.#clock.now()), signal);
      this.#progress(machine);
    }
    if (run.state === 'ended') {
      yield `${END_MARK} ${run.exitCode}\n`.slice(Math.max(0, skipped - first.length));
    }
  }
}

const ok = (stdout: string): CommandResult => ({ exitCode: 0, stdout: `${stdout}\n`, stderr: '' });

/** The host key that user_data gave to the machine. */
function bornKey(droplet: DropletRecord): string {
  return /ed25519_public: "([^"]+)"/.exec(droplet.userData)?.[1] ?? ownKey(droplet);
}

/** As the run's environment file says. */
function stageOf(stdin: string): string {
  const [, env = ''] = /^\S+ \S+\/env (\S*)$/m.exec(stdin) ?? [];
  const [, stage = ''] =
    /^ORQUESTA_STAGE (\S*)$/m.exec(Buffer.from(env, 'base64').toString()) ?? [];
  return Buffer.from(stage, 'base64').toString('utf8');
}

/** One that was made on the machine. */
const ownKey = ({ id }: DropletRecord): string => aPublicKey(`OWN${id}`);

/** "ssh-ed25519 AAAA…", of the same name always the same. */
export function aPublicKey(name: string): string {
  const fields = ['ssh-ed25519', name].map((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  });
  return publicKeyLine(Buffer.concat(fields));
}
