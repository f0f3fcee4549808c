import type { CloudDroplet } from '../../resources/cloud-droplet.ts';
import type { Droplet, DropletSpec } from '../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { Brakes } from '../brakes.ts';

export type InstanceStep =
  | 'sweep'
  | 'create-droplet'
  | 'adopt-droplet'
  | 'claim'
  | 'give-up-droplet'
  | 'take-droplet'
  | 'release-claim'
  | 'start-anew'
  | 'pause'
  | 'resume'
  | 'connect'
  | 'rotate-host-key'
  | 'start-bootstrap'
  | 'follow-bootstrap'
  | 'await-bot'
  | 'check-bot'
  | 'save-session'
  | 'restart-service'
  | 'reboot'
  | 'replace-droplet'
  | 'delete-droplet'
  | 'orphan-droplet'
  | 'finalize';

export interface InstanceFacts {
  /** The class that spec.className names. */
  readonly class: InstanceClassSpec | undefined;
  /** The Droplet object that the instance goes by, whoever owns it. */
  readonly droplet: Droplet | undefined;
  /** What a new droplet for it would be. */
  readonly wanted: DropletSpec | undefined;
  /** Tells this class, as it is now, from any other. */
  readonly classVersion: string | undefined;
  /** The Droplet of its own name that it owns although it goes by one of a pool. Only looked for until that one is taken, and when the instance goes. */
  readonly own: Droplet | undefined;
  /** The oldest droplet that waits in a pool of the class; only looked for by an instance that has decided for none yet, or whose own can't be asked for now. */
  readonly waiting: Droplet | undefined;
  /** What a pool's droplet must have been made for to be of use now. */
  readonly poolRevision: string;
  /** Digest of everything that shapes the bootstrap now. */
  readonly revision: string;
  /** Digest of what of it comes from the class. */
  readonly classRevision: string;
  /** The class's rollout lets this instance be re-initialised to `revision` now. */
  readonly hasTurn: boolean;
  /** A secret that the bootstrap needs and that can't be had, as a sentence. */
  readonly missingSecret: string | undefined;
  /** The last sweep began in the present phase: it knows of every droplet that may stand in the way. */
  readonly isSwept: boolean;
  /** When the last sweep began, in whichever phase; ms since the epoch. */
  readonly sweptAt: number | undefined;
  /** A droplet that serves this number and that this Orquesta did not make. */
  readonly foreign: CloudDroplet | undefined;
  /** A Droplet of ours that serves the number under another name, left behind by an earlier instance: nobody's now. */
  readonly left: Droplet | undefined;
  /** No look at a bot that was well before this controller began, before this time (ms): or a restart would look at all at once. */
  readonly firstLookAt: number;
  /** What the last sweep saw of the machine: its state, or that it was not there. Only asked when the bot may be sick. */
  readonly sighting: CloudDroplet['state'] | 'missing' | undefined;
  /** Why no repair, or no replacement, may be made now. */
  readonly brakes: Brakes;
}
