import type { Bot } from '../bot/bot.ts';
import type { Clock, Random } from '../clock.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Logger } from '../log.ts';
import type { Resource } from '../resources/meta.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Shell } from '../ssh/shell.ts';
import type { CloudView } from '../store/cloud-view.ts';
import type { Journal } from '../store/journal.ts';
import type { SessionArchive } from '../store/session-archive.ts';
import type { Store } from '../store/store.ts';
import type { Brakes } from './brakes.ts';
import type { FleetView } from './fleet.ts';
import type { Sweeper } from './sweep.ts';
import type { TimelineWriter } from './timeline-writer.ts';
import type { Objects } from './triggers.ts';

/** What the settings say that reconcilers need to know. */
export interface ControllerSettings {
  /** For classes that name no SSH port of their own. */
  readonly sshPort: number;
  /** For classes that keep the default image: a slug or a snapshot's id. */
  readonly image: string | number | undefined;
  readonly hostKeyPolicy: 'strict' | 'accept-new';
  /** Passed to every bootstrap as an environment variable. */
  readonly botRepository: string;
  /** How droplets let us in: made once at start, the same for all. Never logged. */
  readonly login: {
    /** SHA-512 crypt. */
    readonly passwordHash: string | undefined;
    readonly authorizedKeys: readonly string[];
  };
}

/** Stands around passes and steps, to measure and trace them. Runs what it is given, once, and passes on its outcome. */
export interface PassObserver {
  pass<T>(object: Resource, run: () => Promise<T>): Promise<T>;
  step<T>(object: Resource, step: string, run: () => Promise<T>): Promise<T>;
}

/** Everything that a reconciler may touch. Ports only. */
export interface ControllerDeps {
  readonly store: Store;
  readonly journal: Journal;
  readonly cloudView: CloudView;
  readonly cloud: Cloud;
  readonly sweeper: Pick<Sweeper, 'since' | 'recent' | 'pages'>;
  readonly timeline: TimelineWriter;
  /** The objects as this process last saw them: for what needs no last word. */
  readonly objects: Objects;
  /** What holds repairs now, from the whole fleet's state. */
  readonly brakes: () => Brakes;
  /** All instances of a class, in memory. */
  readonly fleet: Pick<FleetView, 'of'> & {
    /** Whether the fleet is seen as it was at this resourceVersion or later; waits for it some seconds. */
    caughtUpTo(resourceVersion: string): Promise<boolean>;
  };
  /** A sentence while Redis or the cloud was away too recently to judge a bot by its silence. */
  readonly outage: () => string | undefined;
  readonly shell: Shell;
  readonly bot: Bot;
  readonly secrets: Secrets;
  readonly sessions: SessionArchive;
  /** A host key pair for a droplet that is about to be created. */
  readonly newHostKey: () => { readonly privateKey: string; readonly publicKey: string };
  readonly clock: Clock;
  /** When this controller began; ms since the epoch. */
  readonly startedAt: number;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: ControllerSettings;
  readonly observer?: PassObserver | undefined;
}
