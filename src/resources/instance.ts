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
  );

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

/** Environment variables of a bot, plain text. */
export const environment = z.record(envName, envValue);

export const instanceSpec = z.strictObject({
  numberphone,
  provider: z.enum(['baileys', 'meta']).default('baileys'),
  features: z
    .strictObject({
      appointments: z.boolean().default(false),
      autoInvite: z.boolean().default(false),
    })
    .prefault({}),
  className: objectName.default('default'),
  env: environment.default({}),
  paused: z.boolean().default(false),
  restartedAt: z.iso.datetime({ offset: true }).nullable().default(null),
});

export type InstanceSpec = z.infer<typeof instanceSpec>;
export type InstanceManifestSpec = z.input<typeof instanceSpec>;

/** The last run of the bootstrap on one droplet. */
export interface BootstrapStatus {
  /** Digest of everything that shapes the run: script, files, environment. */
  readonly revision: string;
  /** DigitalOcean id of the droplet that it ran or runs on. */
  readonly dropletId: number;
  /** 1 for the first try of this revision on this droplet. */
  readonly attempt: number;
  readonly startedAt: string;
  readonly finishedAt?: string | undefined;
  readonly exitCode?: number | undefined;
}

export interface BotStatus {
  /** When the bot last answered its status call. */
  readonly lastHealthyAt?: string | undefined;
  readonly lastCheckedAt?: string | undefined;
  /** Failed looks in a row. */
  readonly failures: number;
  /** What the bot says of its WhatsApp session: disconnected, connecting, show_qr, connected, error. */
  readonly session?: string | undefined;
  /** `spec.restartedAt` that has been carried out. */
  readonly restartedAt?: string | null | undefined;
}

export interface InstanceStatus {
  readonly observedGeneration: number;
  readonly phase: Phase;
  /** 25, 50, 75 or 100; that of the phase in which it failed once failed. */
  readonly progress: number;
  /** What is going on, for people; the reason of the failure once failed. */
  readonly message: string;
  readonly conditions: readonly Condition[];
  readonly dropletName?: string | undefined;
  readonly dropletId?: number | undefined;
  readonly dropletState?: string | undefined;
  readonly ip?: string | undefined;
  /** When the present phase began. */
  readonly phaseStartedAt?: string | undefined;
  /** Host key of the droplet as pinned at the first authenticated session: "ssh-ed25519 AAAA…". */
  readonly ssh?:
    | {
        readonly dropletId: number;
        readonly hostKey: string;
        readonly since: string;
      }
    | undefined;
  readonly bootstrap?: BootstrapStatus | undefined;
  readonly bot?: BotStatus | undefined;
  /** Repairs since the droplet was last healthy for long, and in all. */
  readonly repairs?: RepairStatus | undefined;
  readonly restarts: number;
  readonly failure?:
    | {
        readonly reason: string;
        readonly message: string;
        readonly phase: Phase;
        readonly generation: number;
        readonly at: string;
      }
    | undefined;
}

export interface RepairStatus {
  /** The last rung tried for the present sickness. */
  readonly rung?: 'restart-service' | 'reboot' | 'replace-droplet' | undefined;
  readonly at?: string | undefined;
  /** Droplets given up since the spec last changed. */
  readonly replacements: number;
}

export type Instance = Resource<InstanceSpec, InstanceStatus>;

export const INSTANCE_NAME_PREFIX = 'bot-';

/** The only name that an Instance of this number may have: it makes the number unique. */
export const instanceName = (number: string): string => `${INSTANCE_NAME_PREFIX}${number}`;
