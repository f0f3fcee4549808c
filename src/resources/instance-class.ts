import { z } from 'zod';
import type { Condition } from './condition.ts';
import { environment } from './instance.ts';
import type { Resource } from './meta.ts';

/** DigitalOcean: a tag is up to 255 of these characters; one bad character and none of a create's tags is applied. */
const tag = z
  .string()
  .regex(/^[A-Za-z0-9_:-]{1,255}$/, 'must be 1 to 255 letters, digits, "_", ":" or "-"')
  // By these a droplet is known: one that bears another's is taken for that one's twin, and deleted.
  .refine(
    (tag) => !/^orquesta($|-(cluster|uid|pool):)/i.test(tag),
    "must not be one of Orquesta's own: orquesta, orquesta-cluster:, orquesta-uid: or orquesta-pool:",
  );
const slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{0,99}$/,
    'must be a DigitalOcean slug, like sfo3 or s-1vcpu-512mb-10gb',
  );
const port = z.int().min(1).max(65_535);
const seconds = (least: number, most: number) => z.int().min(least).max(most);

/** What is asked of DigitalOcean for one machine. */
export const dropletTemplate = z.strictObject({
  region: slug.default('sfo3').describe("DigitalOcean's region."),
  size: slug.default('s-1vcpu-512mb-10gb').describe("DigitalOcean's size."),
  /** A slug, or the numeric id of a private image or snapshot. */
  image: z
    .union([slug, z.int().positive()])
    .default('ubuntu-24-04-x64')
    .describe('What it boots from: a slug, or the numeric id of a private image or snapshot.'),
  monitoring: z.boolean().default(true).describe("DigitalOcean's monitoring agent."),
  backups: z.boolean().default(false).describe("DigitalOcean's weekly backups, at a price."),
  ipv6: z.boolean().default(false).describe('A public IPv6 address, too.'),
  vpcUUID: z
    .uuid()
    .nullable()
    .default(null)
    .describe("The private network; null: the region's default one."),
  tags: z.array(tag).max(20).default([]).describe("Tags beside Orquesta's own."),
});
export type DropletTemplate = z.infer<typeof dropletTemplate>;

/** An absolute path without "..", quotes, spaces or shell characters. */
const absolutePath = z
  .string()
  .max(1024)
  .regex(
    /^(\/(?!\.\.?(\/|$))[A-Za-z0-9._@+-]+)+$/,
    'must be an absolute path of letters, digits, ".", "_", "@", "+" and "-", without ".."',
  );

/** Goes into shell text, where one that begins with "-" would be an option. */
export const SERVICE_NAME = /^[A-Za-z0-9:_.@][A-Za-z0-9:_.@-]{0,239}\.service$/;

export const instanceClassSpec = z.strictObject({
  droplet: dropletTemplate
    .prefault({})
    .describe(
      'What is asked of DigitalOcean. A change never replaces a running droplet by itself.',
    ),
  ssh: z
    .strictObject({
      user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Unix user name')
        .default('root')
        .describe('Whom to log in as.'),
      /** Absent: the SSH_PORT setting. */
      port: port.optional().describe('Left out: the setting SSH_PORT.'),
    })
    .prefault({})
    .describe('How to log in.'),
  bootstrap: z
    .strictObject({
      files: z
        .array(
          z.strictObject({
            path: absolutePath.describe('Where on the droplet.'),
            mode: z
              .string()
              .regex(/^0[0-7]{3}$/, 'must be an octal mode in quotes, like "0644"')
              .default('0644')
              .describe('Octal mode, in quotes.'),
            content: z.string().max(1_048_576).describe('The whole text of the file.'),
          }),
        )
        .max(100)
        .default([])
        .describe('Files that are put onto the droplet before the script runs.'),
      /** Runs as root over SSH with the bot's environment; must be safe to run twice. */
      script: z
        .string()
        .max(262_144)
        .default('')
        .describe("Runs as root with the bot's environment. Must be safe to run twice."),
      timeoutSeconds: seconds(1, 86_400)
        .default(900)
        .describe('A run that takes longer has failed.'),
    })
    .prefault({})
    .describe('What makes a bot host of a plain image.'),
  bot: z
    .strictObject({
      service: z
        .string()
        .regex(SERVICE_NAME, 'must be the name of a systemd service, like clientfy-bot.service')
        .default('clientfy-bot.service')
        .describe('The systemd service of the bot.'),
      env: environment.default({}).describe('Environment variables of all bots of the class.'),
      qrPort: port.default(3008).describe('Port on which the bot shows its QR.'),
      panelPort: port.default(5432).describe('Port of its panel and status.'),
      statusPath: z
        .string()
        .max(1024)
        .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/, 'must be a URL path beginning with "/"')
        .default('/api/status')
        .describe('Where the bot tells how it is, on its panel port.'),
    })
    .prefault({})
    .describe('Where the bot is found on its host.'),
  health: z
    .strictObject({
      intervalSeconds: seconds(1, 86_400).default(30).describe('Time between two looks.'),
      failureThreshold: z
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe('Failed looks in a row before a repair.'),
      startupSeconds: seconds(1, 86_400)
        .default(120)
        .describe('Time that a bot gets to come up before failed looks count.'),
    })
    .prefault({})
    .describe('How it is watched.'),
  /** Left out: the bot's WhatsApp session is not kept, and a new droplet has to be linked anew. */
  session: z
    .strictObject({
      /** Where the bot keeps it: a file or a folder. */
      path: absolutePath,
      /** How often it is looked at; it is saved when it has changed. */
      intervalSeconds: seconds(10, 86_400).default(300),
    })
    .optional(),
  deadlines: z
    .strictObject({
      dropletActiveSeconds: seconds(1, 86_400)
        .default(300)
        .describe('For the droplet to boot and have an address.'),
      sshSeconds: seconds(1, 86_400).default(300).describe('For the first session over SSH.'),
    })
    .prefault({})
    .describe('How long a step may take before the instance has failed.'),
  retries: z
    .strictObject({
      bootstrap: z
        .int()
        .min(0)
        .max(100)
        .default(3)
        .describe('Runs of the bootstrap after the first that fails.'),
      replaceDroplet: z
        .int()
        .min(0)
        .max(100)
        .default(2)
        .describe('Droplets that are given up before the instance has failed.'),
    })
    .prefault({})
    .describe('How often a step is tried again.'),
});

export type InstanceClassSpec = z.infer<typeof instanceClassSpec>;

/** Leave for one instance to be re-initialised to one revision. */
export interface Turn {
  readonly name: string;
  readonly revision: string;
}

/** How far the class, as it is now, has come to the instances that name it. */
export interface InstanceClassStatus {
  readonly observedGeneration: number;
  readonly message: string;
  /** `Progressing`: instances are being re-initialised. `RolledOut`: nobody is left to be. */
  readonly conditions: readonly Condition[];
  /** All that name the class and are not being deleted. */
  readonly instances: number;
  /** Prepared by the class and their own spec as they stand now. */
  readonly updated: number;
  /** Being re-initialised, or about to be. */
  readonly updating: number;
  /** They run with what stood before, and wait for their turn. */
  readonly waiting: number;
  /** Re-initialised to what stands now, and failed or sick since. */
  readonly failed: number;
  /** Whose droplet is not what the class asks for: see their condition `Drifted`. */
  readonly drifted: number;
  readonly turns: readonly Turn[];
}
export type InstanceClass = Resource<InstanceClassSpec, InstanceClassStatus>;

export const DEFAULT_CLASS = 'default';
