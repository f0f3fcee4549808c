import type { Image, Region, Size } from './catalog.ts';
import type { BirthFault } from './faults.ts';

export interface ActionRecord {
  readonly id: number;
  readonly type: string;
  readonly dropletId: number;
  readonly region: Region;
  readonly startedAt: number;
  status: 'in-progress' | 'completed' | 'errored';
  completedAt: number | undefined;
}

export interface DropletRecord {
  readonly id: number;
  name: string;
  readonly region: Region;
  readonly size: Size;
  readonly image: Image;
  readonly userData: string;
  readonly publicKeys: readonly string[];
  readonly features: readonly string[];
  readonly vpcUuid: string;
  readonly createdAt: number;
  status: 'new' | 'active' | 'off';
  locked: boolean;
  tags: readonly string[];
  /** Public and private; each shown once it is set. */
  address: string | undefined;
  addressShown: boolean;
  listed: boolean;
  /** False: GET by id answers 404 too. */
  visible: boolean;
  /** Does the machine have power, and how often was it started? */
  powered: boolean;
  boots: number;
  readonly machineFaults: readonly BirthFault[];
  readonly actions: ActionRecord[];
  deleteAt: number | undefined;
  gone: boolean;
}

export interface CreateSpec {
  readonly names: readonly string[];
  readonly region: Region;
  readonly size: Size;
  readonly image: Image;
  readonly tags: readonly string[];
  readonly userData: string;
  readonly publicKeys: readonly string[];
  readonly features: readonly string[];
  readonly vpcUuid: string | undefined;
}

/** Not known to be among those who may act on a droplet: the first six change its power, `rename` its name. */
export const ACTIONS = [
  'power_on',
  'power_off',
  'power_cycle',
  'reboot',
  'shutdown',
  'rename',
] as const;
export type ActionType = (typeof ACTIONS)[number];
