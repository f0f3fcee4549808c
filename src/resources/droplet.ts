import type { z } from 'zod';
import type { Condition } from './condition.ts';
import type { BootstrapStatus } from './instance.ts';
import { dropletTemplate } from './instance-class.ts';
import {
  controllerOwner,
  NUMBER_LABEL,
  type OwnerReference,
  POOL_LABEL,
  type Resource,
} from './meta.ts';

export const dropletSpec = dropletTemplate;
export type DropletSpec = z.infer<typeof dropletSpec>;

/**
 * A create that may or may not have reached DigitalOcean. Written before the call;
 * while it stands, no other create is sent for this object.
 */
export interface CreateIntent {
  /** 1 for the first create ever sent for this object. */
  readonly attempt: number;
  readonly startedAt: string;
  /** Public host key that user_data gives to the machine: "ssh-ed25519 AAAA…". The private half is never stored. */
  readonly hostKey: string;
  /** Ids of droplets of the same name that were there before: none of them can be the answer. */
  readonly known: readonly number[];
  /** Times of the looks by exact name that found nothing: the first and the last. */
  readonly absentLooks?: readonly string[] | undefined;
}

/** How far a pool's droplet is on its way to wait for a number. Times are RFC 3339. */
export interface Preparation {
  /** When its address was known. */
  readonly startedAt: string;
  /** As pinned at the first session: "ssh-ed25519 AAAA…". */
  readonly hostKey?: string | undefined;
  /** Made on the droplet to take its place; accepted too until it was seen. */
  readonly nextHostKey?: string | undefined;
  /** It has a host key of its own making; false: it can't be given one. Unset before it is known. */
  readonly isRotated?: boolean | undefined;
  /** The last trouble on the way to an SSH session. */
  readonly sshProblem?: string | undefined;
  readonly bootstrap?: BootstrapStatus | undefined;
  /** All that can be done without a number is done. */
  readonly readyAt?: string | undefined;
  readonly lastCheckedAt?: string | undefined;
  /** Looks in a row at which it let nobody in. */
  readonly failures: number;
}

export type DropletPhase = 'pending' | 'creating' | 'active' | 'off' | 'deleting' | 'failed';

export interface DropletStatus {
  readonly observedGeneration: number;
  readonly phase: DropletPhase;
  readonly message: string;
  readonly conditions: readonly Condition[];
  /** DigitalOcean's id, once known. */
  readonly id?: number | undefined;
  readonly ip?: string | undefined;
  /** DigitalOcean's own word: new, active, off, archive. */
  readonly state?: string | undefined;
  /** When DigitalOcean accepted the create, or when the machine was adopted. */
  readonly acceptedAt?: string | undefined;
  /** When the address of a machine that was made here was first seen. */
  readonly addressedAt?: string | undefined;
  readonly intent?: CreateIntent | undefined;
  /** Creates sent so far, ended ones included. */
  readonly attempts: number;
  /** A create was taken for lost. What it makes all the same, too late, has a host key that is known no more. */
  readonly hasLostCreate?: boolean | undefined;
  /** The host key that this machine was born with; absent for adopted ones. */
  readonly hostKey?: string | undefined;
  /** True for a machine that Orquesta took over and did not make: trust its host key on first use. */
  readonly adopted?: boolean | undefined;
  /** The machine has been seen since it was accepted: from then on a 404 is a proof, of a young one a second 404. */
  readonly seen?: boolean | undefined;
  /** When DigitalOcean first answered 404 for a young machine; unset once it shows it again. */
  readonly missingSince?: string | undefined;
  readonly deletion?:
    | {
        /** Time of the last DELETE that was sent. */
        readonly requestedAt: string;
        readonly requests: number;
        /** DigitalOcean answered 404 by id. */
        readonly confirmedAt?: string | undefined;
      }
    | undefined;
  /** Why no create is sent before a time: quota, size not offered, told to try again. */
  readonly hold?:
    | { readonly reason: string; readonly message: string; readonly until: string }
    | undefined;
  /** An action that was asked of DigitalOcean and is not over yet. */
  readonly action?: { readonly type: string; readonly requestedAt: string } | undefined;
  readonly failure?:
    | { readonly reason: string; readonly message: string; readonly at: string }
    | undefined;
  /** Only of a droplet that was made for a pool. */
  readonly preparation?: Preparation | undefined;
}

export type Droplet = Resource<DropletSpec, DropletStatus>;

/** Nobody's, and there to stay: a single one, or one that its instance left behind. */
export const isSingle = ({ metadata }: Droplet): boolean =>
  controllerOwner(metadata) === undefined && metadata.deletionTimestamp === undefined;

/** For the instance of a number it was made or claimed, whatever its own name is. */
export const isOfNumber = ({ metadata }: Droplet, number: string): boolean =>
  metadata.labels?.[NUMBER_LABEL] === number;

/** The machine's name in DigitalOcean, as it is to be: that of the instance which it serves, else the object's own. */
export function cloudNameOf({ metadata }: Droplet): string {
  const owner = controllerOwner(metadata);
  return owner?.kind === 'Instance' ? owner.name : metadata.name;
}

/** The pool in which the droplet waits; undefined once it is claimed. */
export function poolOf({ metadata }: Droplet): OwnerReference | undefined {
  const owner = controllerOwner(metadata);
  return owner?.kind === 'InstancePool' ? owner : undefined;
}

export const wasBornInPool = ({ metadata }: Droplet): boolean =>
  metadata.labels?.[POOL_LABEL] !== undefined;

/** DigitalOcean's words for a machine that can be up. Its listing calls one `new` for seconds after it was logged in to. */
const UP: ReadonlySet<string | undefined> = new Set(['new', 'active']);

/** Its machine is up and prepared, and waits for a number. */
export const isWaiting = (droplet: Droplet): boolean =>
  poolOf(droplet) !== undefined &&
  droplet.metadata.deletionTimestamp === undefined &&
  droplet.status?.failure === undefined &&
  droplet.status?.id !== undefined &&
  droplet.status.ip !== undefined &&
  UP.has(droplet.status.state) &&
  droplet.status.preparation?.readyAt !== undefined &&
  droplet.status.preparation.failures === 0;
