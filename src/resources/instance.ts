import { z } from 'zod';
import type { Condition } from './condition.ts';
import { objectName, type Resource } from './meta.ts';
import type { Phase } from './phase.ts';

const ASCII_SPACES = /[ \t]/g;

/**
 * A phone number as E.164 without the plus sign: 7 to 15 ASCII digits.
 * A leading "+" and spaces are accepted and removed.
 */
export const numberphone = z
  .string('must be a string of 7 to 15 digits, in quotes')
  .max(64, 'must be a phone number of 7 to 15 digits')
  .transform((text) => text.replace(ASCII_SPACES, '').replace(/^\+/, ''))
  .pipe(
    z
      .string()
      .regex(
        /^[0-9]{7,15}$/,
        'must be a phone number of 7 to 15 digits with its country code, like 573332221111; a leading "+" and spaces are allowed',
      ),
  )
  // For descriptions of what may be sent: the same rule before anything is removed.
  .meta({ pattern: '^[ \\t]*(\\+[ \\t]*)?([0-9][ \\t]*){7,15}$' });

const envName = z
  .string()
  .max(255)
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    'must be the name of an environment variable: letters, digits and "_", not beginning with a digit',
  );
const envValue = z
  .string()
  .max(32_768, 'must have at most 32768 characters')
  .refine((value) => !value.includes('\0'), 'must not hold a NUL character');

/** Below the folder of secrets, or the whole path of one. */
const secretFile = z
  .string()
  .max(1024)
  .regex(
    /^\/?(?!\.\.?(\/|$))[A-Za-z0-9._@+-]+(\/(?!\.\.?(\/|$))[A-Za-z0-9._@+-]+)*$/,
    'must be a path of letters, digits, ".", "_", "@", "+" and "-", without ".."',
  );

/** Where a controller finds a value that nothing else is to know. */
const secretSource = z
  .strictObject({ env: envName.optional(), file: secretFile.optional() })
  .refine(
    ({ env, file }) => (env === undefined) !== (file === undefined),
    'must name either an env or a file',
  );
export type SecretSource = z.infer<typeof secretSource>;

/** Environment variables of a bot: plain text, or where the controller finds a secret, which is never stored. */
export const environment = z.record(
  envName,
  z.union([envValue, z.strictObject({ valueFrom: secretSource })]),
);
export type Environment = z.infer<typeof environment>;

export const instanceSpec = z.strictObject({
  numberphone: numberphone.describe(
    'The phone number of the bot: 7 to 15 digits with the country code. Cannot be changed.',
  ),
  provider: z
    .enum(['baileys', 'meta'])
    .default('baileys')
    .describe('How the bot speaks to WhatsApp.'),
  features: z
    .strictObject({
      appointments: z.boolean().default(false).describe('Whether the bot makes appointments.'),
      autoInvite: z.boolean().default(false).describe('Whether the bot invites by itself.'),
    })
    .prefault({})
    .describe('What the bot does beside answering.'),
  className: objectName
    .default('default')
    .describe('The InstanceClass that says how the bot and its droplet are built.'),
  env: environment
    .default({})
    .describe('Environment variables of the bot, beside and over those of its class.'),
  paused: z
    .boolean()
    .default(false)
    .describe('True: nothing is done about this instance, only what is seen is told.'),
  restartedAt: z.iso
    .datetime({ offset: true })
    .nullable()
    .default(null)
    .describe('A new time here asks for one restart of the bot.'),
});

export type InstanceSpec = z.infer<typeof instanceSpec>;

/** The last run of the bootstrap. Times are RFC 3339. */
export interface BootstrapStatus {
  /** Names the run on the droplet and its log; never used twice. */
  readonly run: string;
  /** Digest of everything that shapes the run: script, files, environment. */
  readonly revision: string;
  /** The same of the class's part alone: tells an edit of the class from one of the instance. */
  readonly classRevision?: string | undefined;
  /** Whose edit it carries out, when it takes the place of a bot that served; forgotten once the new one has been well for long. */
  readonly updates?: 'class' | 'instance' | undefined;
  /** DigitalOcean id of the droplet that it ran or runs on. */
  readonly dropletId: number;
  /** 1 for the first try of this revision on this droplet. */
  readonly attempt: number;
  readonly startedAt: string;
  readonly finishedAt?: string | undefined;
  readonly exitCode?: number | undefined;
  /** A sentence, when it did not end by itself with exit code 0. */
  readonly problem?: string | undefined;
  /** `start`: the droplet came prepared from a pool, and only what depends on the number is left to do. */
  readonly stage?: 'start' | undefined;
}

export interface BotStatus {
  /** Not before this time can the bot be expected to run: it was started or restarted then. */
  readonly startedAt?: string | undefined;
  readonly lastHealthyAt?: string | undefined;
  readonly lastCheckedAt?: string | undefined;
  /** Failed looks in a row. */
  readonly failures: number;
  /** What the last failed look told. */
  readonly problem?: string | undefined;
  /** What the bot says of its WhatsApp session: disconnected, connecting, show_qr, connected, error. */
  readonly session?: string | undefined;
  /** The `spec.restartedAt` that was last carried out. */
  readonly restartedAt?: string | undefined;
}

/** How the running bot is reached: as its class said when it was prepared. */
export interface BotEndpoint {
  readonly service: string;
  readonly qrPort: number;
  readonly panelPort: number;
  readonly statusPath: string;
}

interface SshStatus {
  readonly dropletId: number;
  /** The only one that is accepted: "ssh-ed25519 AAAA…". */
  readonly hostKey: string;
  /** Made on the droplet to take its place; accepted too until it was seen. */
  readonly nextHostKey?: string | undefined;
  /** True: it was made on the droplet. False: the droplet can't be given another than it was born with. */
  readonly isRotated?: boolean | undefined;
  readonly since: string;
  /** False from a reboot until the next session. */
  readonly isUp: boolean;
}

export interface RepairStatus {
  /** The highest rung tried for the present sickness; absent when there is none. */
  readonly rung?: 'restart-service' | 'reboot' | undefined;
  readonly at?: string | undefined;
  /** Droplets given up since the instance was last well for long. */
  readonly replacements: number;
  /** uid of the Droplet object that was given up last. */
  readonly replacedUid?: string | undefined;
}

/** What is kept of the bot's WhatsApp session. Nothing where `savedAt` is absent. */
export interface SessionStatus {
  readonly lookedAt: string;
  readonly savedAt?: string | undefined;
  /** The droplet that it was saved from. */
  readonly dropletId?: number | undefined;
  readonly sizeBytes?: number | undefined;
  readonly fingerprint?: string | undefined;
  /** Tells the key that it was sealed with from others. */
  readonly keyId?: string | undefined;
  /** When somebody had it forgotten; absent once the next change was saved. */
  readonly forgottenAt?: string | undefined;
  /** Why the last look saved nothing, as a sentence. */
  readonly problem?: string | undefined;
}

export interface InstanceStatus {
  readonly observedGeneration: number;
  readonly phase: Phase;
  /** 25, 50, 75 or 100; that of the phase in which it failed once failed. */
  readonly progress: number;
  /** What is going on, for people; the reason of the failure once failed. */
  readonly message: string;
  readonly conditions: readonly Condition[];
  /** The Droplet object that is or will be the instance's. Written before that one is made or claimed: see `dropletNameOf`. */
  readonly dropletName?: string | undefined;
  readonly dropletId?: number | undefined;
  readonly dropletState?: string | undefined;
  readonly ip?: string | undefined;
  /** When the present phase began, with milliseconds. */
  readonly phaseStartedAt: string;
  readonly ssh?: SshStatus | undefined;
  /** The last trouble on the way to an SSH session. */
  readonly sshProblem?: string | undefined;
  readonly hostKeyMismatch?:
    | {
        readonly dropletId: number;
        readonly since: string;
        readonly lastAt: string;
        readonly message: string;
      }
    | undefined;
  readonly bootstrap?: BootstrapStatus | undefined;
  readonly bot?: BotStatus | undefined;
  readonly endpoint?: BotEndpoint | undefined;
  readonly session?: SessionStatus | undefined;
  readonly repairs?: RepairStatus | undefined;
  /** Restarts of the bot and of its machine, ours and those asked for. */
  readonly restarts: number;
  /** Since when nothing is done about it, because of `spec.paused`. */
  readonly pausedAt?: string | undefined;
  readonly failure?:
    | {
        readonly reason: string;
        readonly message: string;
        /** The phase in which it failed. */
        readonly phase: Phase;
        /** The generation that failed: a later one starts anew. */
        readonly generation: number;
        /** uid and generation of the class that it failed with: another starts anew, too. */
        readonly classVersion?: string | undefined;
        readonly at: string;
      }
    | undefined;
}

export type Instance = Resource<InstanceSpec, InstanceStatus>;

/** The only name that an Instance of this number may have: it makes the number unique. */
export const instanceName = (number: string): string => `bot-${number}`;

/** The number that such a name is of. */
export const numberIn = (name: string): string | undefined => /^bot-([0-9]{7,15})$/.exec(name)?.[1];

/**
 * The Droplet object that an instance goes by: one that it claims from a pool, or the one of its own name. An instance
 * that has decided for its own name never claims another.
 */
export const dropletNameOf = ({ metadata, status }: Instance): string =>
  status?.dropletName ?? metadata.name;
