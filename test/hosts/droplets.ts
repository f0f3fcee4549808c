import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPlace } from '../../src/simulator/place.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { eventually } from '../eventually.ts';

import { type LabMachine, LabMachines, type LabOptions } from './lab-machines.ts';

export interface LabDroplet {
  readonly id: number;
  readonly address: string;
  readonly machine: LabMachine;
}

export interface Droplets {
  /** Of the simulated API. */
  readonly url: string;
  /** How many exist. */
  live(): number;
  create(name: string, userData: string): Promise<LabDroplet>;
  close(): Promise<void>;
}

/** Real droplets without the program: for what a client of theirs sees. */
export async function startDroplets(options: LabOptions = {}): Promise<Droplets> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orquesta-hosts-'));
  const machines = await LabMachines.start(options);
  const simulator = await startSimulator({
    dataDir,
    sshPort: 22,
    machines,
    limits: false,
    log: console.error,
  });
  return {
    url: simulator.url,
    live: () => simulator.account.living().length,
    async create(name, userData) {
      const place = findPlace('sfo3', 's-1vcpu-512mb-10gb', 'ubuntu-24-04-x64');
      const spec = { tags: [], publicKeys: [], features: [], vpcUuid: undefined };
      const [made] = simulator.account.create({ names: [name], userData, ...place, ...spec });
      if (made === undefined) throw new Error('The account made no droplet');
      await eventually(`${name} has power`, () => made.powered);
      const { id, address } = made;
      if (address === undefined) throw new Error(`${name} has power, but no address`);
      return { id, address, machine: machines.of(id) };
    },
    async close() {
      await simulator.close();
      await machines.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
