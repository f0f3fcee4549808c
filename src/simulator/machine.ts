import type { DropletRecord } from './records.ts';

/** What stands behind a droplet of the account. Each change begins when the one before it has ended. */
export interface Machine {
  /** Boots; with power on already: pulls the plug and boots again. The disk is kept. */
  powerOn(): Promise<void>;
  powerOff(): Promise<void>;
  /** Power off, and the disk is wiped. */
  destroy(): Promise<void>;
}

export interface MachineOptions {
  /** Its id, user_data, keys and name. */
  readonly droplet: DropletRecord;
  /** The public address that the account gave it. */
  readonly address: string;
  /** To be called when the machine switched itself off, or broke down. */
  readonly onPowerLost: () => void;
}

/** Machines of another kind than the simulator's own sandboxes, with SSH on the port of SimulatorOptions. */
export interface MachineKind {
  /** Droplets get their addresses from here upwards: four numbers with dots. */
  readonly network: string;
  make(options: MachineOptions): Machine;
}
