import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Account } from './account.ts';
import { Host, type Place } from './host.ts';
import type { Machine, MachineKind } from './machine.ts';
import type { DropletRecord } from './records.ts';
import type { Sandbox } from './sandbox.ts';

export interface HostsOptions {
  readonly account: Account;
  readonly clock: Clock;
  /** What the machines are: our own in this sandbox, or another kind. */
  readonly machines: Sandbox | MachineKind;
  readonly dataDir: string;
  readonly sshPort: number;
  /** For our own machines. `loopback`: each has its address on this machine; `ports`: all share 127.0.0.1 by a map of ports. */
  readonly addressing: 'loopback' | 'ports' | 'own' | 'none';
  /** Which ports of a droplet the map has beside SSH. */
  readonly mappedPorts: readonly number[];
  /** Where the map is written: {"198.18.0.5:22": "127.0.0.1:41022"}. */
  readonly portMapFile: string;
  readonly log: (text: string) => void;
}

interface Entry {
  readonly machine: Machine;
  readonly address: string;
  /** What the account wanted when we last acted. */
  boots: number;
  powered: boolean;
}

/** Keeps the machines as the account says: started, restarted, off, wiped. */
export class Hosts {
  readonly #options: HostsOptions;
  readonly #entries = new Map<number, Entry>();
  /** By address: a machine that still goes away. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #ports = new Map<string, string>();
  readonly #stopping = new AbortController();
  readonly #slots: (() => void)[] = [];
  #freeSlots = Math.max(2, cpus().length);
  #wake = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  start(): void {
    // What a killed simulator left behind has no account any more.
    rmSync(this.#dropletsFolder(), { recursive: true, force: true });
    mkdirSync(this.#dropletsFolder(), { recursive: true });
    if (this.#options.addressing === 'ports') this.#writePortMap();
    const stopListening = this.#options.account.onChange(() => this.#wake.abort());
    this.#loop = this.#run().finally(stopListening);
  }

  /** undefined: no such droplet, it has never had power, or its machine is of another kind. */
  get(id: number): Host | undefined {
    const machine = this.#entries.get(id)?.machine;
    return machine instanceof Host ? machine : undefined;
  }

  /** Switches everything off and wipes it. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    await this.#loop;
    await Promise.all([...this.#entries.values()].map((entry) => entry.machine.destroy()));
    await Promise.all(this.#leaving.values());
  }

  async #run(): Promise<void> {
    const { account, clock } = this.#options;
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      const next = account.settle();
      this.#sync();
      const wait = next === undefined ? 60_000 : Math.max(0, next - clock.now());
      await clock.sleep(wait, this.#wake.signal);
    }
  }

  #sync(): void {
    const living = new Map(this.#options.account.living().map((droplet) => [droplet.id, droplet]));
    for (const [id, entry] of this.#entries) {
      if (!living.has(id)) this.#remove(id, entry);
    }
    for (const droplet of living.values()) {
      const entry = this.#entries.get(droplet.id);
      if (entry === undefined) {
        if (droplet.powered && droplet.address !== undefined) this.#add(droplet, droplet.address);
      } else if (droplet.powered && entry.boots !== droplet.boots) {
        Object.assign(entry, { boots: droplet.boots, powered: true });
        this.#watch(droplet, entry.machine.powerOn());
      } else if (!droplet.powered && entry.powered) {
        entry.powered = false;
        this.#watch(droplet, entry.machine.powerOff());
      }
    }
  }

  #add(droplet: DropletRecord, address: string): void {
    const machine = this.#make(droplet, address);
    const entry: Entry = { machine, address, boots: droplet.boots, powered: true };
    this.#entries.set(droplet.id, entry);
    const isWanted = () => entry.powered && this.#entries.get(droplet.id) === entry;
    this.#watch(
      droplet,
      this.#inSlot(async () => {
        // The former droplet with this address may still be on its way out.
        await this.#leaving.get(address);
        if (isWanted()) await machine.powerOn();
      }),
    );
  }

  #make(droplet: DropletRecord, address: string): Machine {
    const { account, clock, log, machines } = this.#options;
    const onPowerLost = () => account.powerLost(droplet.id);
    if ('make' in machines) return machines.make({ droplet, address, onPowerLost });
    return new Host({
      droplet,
      folder: join(this.#dropletsFolder(), String(droplet.id)),
      sandbox: machines,
      clock,
      place: () => this.#place(address),
      log,
      onPowerLost,
    });
  }

  #remove(id: number, entry: Entry): void {
    this.#entries.delete(id);
    entry.powered = false;
    const { address, machine } = entry;
    const before = this.#leaving.get(address);
    const left = Promise.all([before, machine.destroy()])
      .then(() => this.#unmapPorts(address))
      .catch((error: unknown) => this.#options.log(`Droplet ${id}: ${String(error)}`))
      .finally(() => {
        if (this.#leaving.get(address) === left) this.#leaving.delete(address);
      });
    this.#leaving.set(address, left);
  }

  #watch(droplet: DropletRecord, change: Promise<void>): void {
    change.catch((error: unknown) => {
      this.#options.log(`Droplet ${droplet.id} (${droplet.name}): ${String(error)}`);
    });
  }

  /** As many at a time as there are processors: each is up sooner than when all start together. */
  async #inSlot(start: () => Promise<void>): Promise<void> {
    if (this.#freeSlots === 0) await new Promise<void>((resolve) => this.#slots.push(resolve));
    else this.#freeSlots -= 1;
    try {
      await start();
    } finally {
      const next = this.#slots.shift();
      if (next === undefined) this.#freeSlots += 1;
      else next();
    }
  }

  async #place(address: string): Promise<Place> {
    const { addressing, mappedPorts, sshPort } = this.#options;
    if (addressing === 'loopback') {
      return { ssh: { host: address, port: sshPort }, env: { HOST: address } };
    }
    const found = await freePorts(1 + mappedPorts.length);
    const [ssh = 0, ...rest] = found;
    for (const [index, port] of [sshPort, ...mappedPorts].entries()) {
      this.#ports.set(`${address}:${port}`, `127.0.0.1:${found[index]}`);
    }
    this.#writePortMap();
    const map = Object.fromEntries(mappedPorts.map((port, index) => [port, rest[index]]));
    return {
      ssh: { host: '127.0.0.1', port: ssh },
      env: { HOST: '127.0.0.1', PORT_MAP: JSON.stringify(map) },
    };
  }

  #unmapPorts(address: string): void {
    if (this.#options.addressing !== 'ports') return;
    for (const key of this.#ports.keys()) {
      if (key.startsWith(`${address}:`)) this.#ports.delete(key);
    }
    this.#writePortMap();
  }

  /** Renamed into place: a reader never sees half of it. */
  #writePortMap(): void {
    const { portMapFile } = this.#options;
    const text = JSON.stringify(Object.fromEntries(this.#ports), undefined, 2);
    writeFileSync(`${portMapFile}.part`, `${text}\n`);
    renameSync(`${portMapFile}.part`, portMapFile);
  }

  #dropletsFolder(): string {
    return join(this.#options.dataDir, 'droplets');
  }
}

/** Held together until all are known, so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No free port.');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
