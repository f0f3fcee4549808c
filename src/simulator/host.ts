import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { type AgentEvent, AgentLink } from './agent-link.ts';
import { type CloudConfig, readUserData } from './cloud-config.ts';
import { DropletFiles } from './droplet-files.ts';
import type { Machine } from './machine.ts';
import type { DropletRecord } from './records.ts';
import type { Sandbox } from './sandbox.ts';
import { verifyPassword } from './sha512-crypt.ts';
import { Sshd, type SshMode } from './sshd.ts';

/** Where a droplet is on this machine. */
export interface Place {
  /** Where its SSH server listens. */
  readonly ssh: { readonly host: string; readonly port: number };
  /** For every command and service. */
  readonly env: Readonly<Record<string, string>>;
}

export interface HostOptions {
  readonly droplet: DropletRecord;
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  /** Asked once, at the first boot. */
  readonly place: () => Promise<Place>;
  readonly log: (text: string) => void;
  /** The machine switched itself off, or broke down. */
  readonly onPowerLost: () => void;
}

/** The time in which cloud-init restarts sshd after it has changed its settings. */
const SSHD_RESTART_MS = 50;
const REBOOT_MS = 200;
/** Seen on a busy machine: the port was still taken 50 ms after it was closed. Nothing else would ever start sshd again. */
const PORT_PATIENCE_MS = 10_000;

/** One droplet's machine: its disk (a folder), its SSH server, and the sandbox in which its programs run while it has power. */
export class Host implements Machine {
  readonly #options: HostOptions;
  readonly #files: DropletFiles;
  readonly #sshd: Sshd;
  #sshMode: SshMode = 'open';
  #process: ChildProcess | undefined;
  #agent: AgentLink | undefined;
  /** Set from the first boot on. */
  #place: Place | undefined;
  #brokenUntil: 'restart' | 'reboot' | 'forever' | undefined;
  /** Power changes happen one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: HostOptions) {
    this.#options = options;
    const files = new DropletFiles(options.folder);
    this.#files = files;
    this.#sshd = new Sshd({
      hostKey: () => files.hostKey(),
      passwordFits: (user, password) => verifyPassword(password, files.passwordHash(user) ?? ''),
      authorizedKeys: (user) => files.authorizedKeys(user),
      home: (user) => files.home(user),
      agent: () => this.#agent,
    });
    const ssh = options.droplet.machineFaults.find((fault) => fault.kind === 'refuse-ssh');
    if (ssh?.kind === 'refuse-ssh') this.#sshMode = ssh.mode;
  }

  /** Boots; resolves when cloud-init is done. With power on already: a restart. */
  powerOn(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#off();
      await this.#boot();
    });
  }

  powerOff(): Promise<void> {
    return this.#inTurn(() => this.#off());
  }

  /** Power off, and the disk is wiped. */
  destroy(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#off();
      await rm(this.#options.folder, { recursive: true, force: true });
    });
  }

  setSsh(mode: SshMode): Promise<void> {
    return this.#inTurn(async () => {
      this.#sshMode = mode;
      await this.#sshd.stop();
      await this.#startSshd();
    });
  }

  /** Another machine at the same address, as a client sees it. */
  replaceHostKey(): Promise<void> {
    this.#files.replaceHostKey();
    return this.setSsh(this.#sshMode);
  }

  killServices(signal: string): void {
    this.#agent?.killServices(signal);
  }

  /** Services die as they start, until they are restarted by hand, until the next boot, or for ever. */
  breakServices(until: 'restart' | 'reboot' | 'forever' | undefined): void {
    this.#brokenUntil = until;
    this.#agent?.breakServices(until);
  }

  failSystemctl(times: number): void {
    this.#agent?.failSystemctl(times);
  }

  /** Runs a command inside; undefined: it has no power. */
  async run(command: string): Promise<{ code: number | undefined; output: string } | undefined> {
    return this.#agent?.run(command);
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }

  async #boot(): Promise<void> {
    const { droplet, folder, sandbox, log } = this.#options;
    const isFirst = this.#place === undefined;
    const place = this.#place ?? (await this.#options.place());
    sandbox.prepare(folder);
    const config = isFirst ? this.#firstBoot() : undefined;
    this.#place = place;
    sandbox.handOver(folder);
    const child = sandbox.start({ folder, name: droplet.name, env: place.env });
    this.#process = child;
    let complaint = '';
    child.stderr?.setEncoding('utf8');
    child.stderr?.on('data', (text: string) => {
      complaint = (complaint + text).slice(-2_000);
    });
    const isUp = await new Promise<boolean>((resolve) => {
      const link = new AgentLink(child, (event) => {
        if (event.event === 'ready') {
          this.#agent = link;
          resolve(true);
        } else this.#happened(event);
      });
      child.once('error', (error) => {
        complaint ||= error.message;
        resolve(false);
      });
      child.once('exit', () => resolve(false));
    });
    if (!isUp) {
      this.#process = undefined;
      this.#options.onPowerLost();
      throw new Error(`Droplet ${droplet.id} (${droplet.name}) did not start: ${complaint.trim()}`);
    }
    child.once('exit', () => {
      if (this.#process !== child) return;
      log(`Droplet ${droplet.id} (${droplet.name}) broke down: ${complaint.trim()}`);
      this.#options.onPowerLost();
    });
    this.#applyFaults(isFirst);
    await this.#startSshd();
    await this.#finishCloudInit(config);
  }

  #firstBoot(): CloudConfig | undefined {
    const { droplet, log } = this.#options;
    let config: CloudConfig | undefined;
    try {
      config = readUserData(droplet.userData);
    } catch (error) {
      // As on a real droplet: cloud-init complains into its log, and the machine comes up without.
      log(`Droplet ${droplet.id} (${droplet.name}): ${String(error)}`);
      config = readUserData('');
    }
    this.#files.firstBoot(droplet.name, config, droplet.publicKeys);
    return config;
  }

  #applyFaults(isFirst: boolean): void {
    const { droplet, clock } = this.#options;
    const log = (error: unknown) => this.#options.log(`Droplet ${droplet.id}: ${String(error)}`);
    if (this.#brokenUntil === 'reboot') this.#brokenUntil = undefined;
    if (this.#brokenUntil !== undefined) this.#agent?.breakServices(this.#brokenUntil);
    if (!isFirst) return;
    for (const fault of droplet.machineFaults) {
      if (fault.kind === 'break-bootstrap') this.#agent?.failSystemctl(fault.times);
      if (fault.kind === 'refuse-ssh' && fault.forMs !== undefined) {
        void clock.sleep(fault.forMs).then(() => this.setSsh('open').catch(log));
      }
      if (fault.kind === 'kill-bot') {
        void clock.sleep(fault.afterMs).then(() => this.killServices('SIGKILL'));
      }
    }
  }

  /** The stages that come when one can log in already. */
  async #finishCloudInit(config: CloudConfig | undefined): Promise<void> {
    if (config?.passwordLogin !== undefined && this.#sshMode === 'open') await this.#restartSshd();
    const commands = config?.commands ?? [];
    const { folder, droplet, log } = this.#options;
    for (const command of commands) {
      const result = await this.#agent?.run(command);
      if (result?.code !== 0) {
        log(
          `Droplet ${droplet.id}: a command of runcmd failed (see ${join(folder, 'var/log/cloud-init-output.log')})`,
        );
      }
    }
    const base = '"${ORQUESTA_ROOT:-}/run/cloud-init"';
    await this.#agent?.run(`mkdir -p ${base} && echo '{"v1":{"errors":[]}}' > ${base}/result.json`);
  }

  async #restartSshd(): Promise<void> {
    await this.#sshd.stopListening();
    await this.#options.clock.sleep(SSHD_RESTART_MS);
    await this.#startSshd();
  }

  async #startSshd(): Promise<void> {
    if (this.#agent === undefined || this.#place === undefined) return;
    const { clock, droplet, log } = this.#options;
    const until = clock.now() + PORT_PATIENCE_MS;
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await this.#sshd.start(this.#sshMode, this.#place.ssh);
      } catch (error) {
        const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!isTaken || clock.now() > until) throw error;
        if (isFirst) log(`Droplet ${droplet.id} (${droplet.name}) tries again: ${String(error)}`);
      }
      await clock.sleep(SSHD_RESTART_MS);
    }
  }

  #happened(event: AgentEvent): void {
    const { clock, onPowerLost, log } = this.#options;
    const complain = (error: unknown) => log(String(error));
    if (event.event === 'ssh' && event.verb !== 'start') {
      void this.#inTurn(() => this.#restartSshd()).catch(complain);
    }
    // The command that asked for it is still to return.
    if (event.event === 'reboot') {
      void clock
        .sleep(REBOOT_MS)
        .then(() => this.powerOn())
        .catch(complain);
    }
    if (event.event === 'poweroff') void clock.sleep(REBOOT_MS).then(onPowerLost);
  }

  async #off(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    this.#agent = undefined;
    await this.#sshd.stop();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // Without namespaces the agent itself has to find what it started: it does so when its input ends.
    if (this.#options.sandbox.kind === 'plain') child.stdin?.end();
    else child.kill('SIGKILL');
    await ended;
  }
}
