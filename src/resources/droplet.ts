import type { z } from 'zod';
import type { Condition } from './condition.ts';
import { dropletTemplate } from './instance-class.ts';
import type { Resource } from './meta.ts';

/** The machine's name in DigitalOcean is the object's own name. */
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
  readonly intent?: CreateIntent | undefined;
  /** Creates sent so far, ended ones included. */
  readonly attempts: number;
  /** The host key that this machine was born with; absent for adopted ones. */
  readonly hostKey?: string | undefined;
  /** True for a machine that Orquesta took over and did not make: trust its host key on first use. */
  readonly adopted?: boolean | undefined;
  /** The machine has been seen since it was accepted: from then on a 404 is a proof. */
  readonly seen?: boolean | undefined;
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
}

export type Droplet = Resource<DropletSpec, DropletStatus>;
