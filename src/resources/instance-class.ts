import { z } from 'zod';
import { environment } from './instance.ts';
import type { Resource } from './meta.ts';

/** DigitalOcean: a tag is up to 255 of these characters; one bad character and none of a create's tags is applied. */
const tag = z
  .string()
  .regex(/^[A-Za-z0-9_:-]{1,255}$/, 'must be 1 to 255 letters, digits, "_", ":" or "-"');
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
  region: slug.default('sfo3'),
  size: slug.default('s-1vcpu-512mb-10gb'),
  /** A slug, or the numeric id of a private image or snapshot. */
  image: z.union([slug, z.int().positive()]).default('ubuntu-24-04-x64'),
  monitoring: z.boolean().default(true),
  backups: z.boolean().default(false),
  ipv6: z.boolean().default(false),
  vpcUUID: z.uuid().nullable().default(null),
  tags: z.array(tag).max(20).default([]),
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

export const instanceClassSpec = z.strictObject({
  droplet: dropletTemplate.prefault({}),
  ssh: z
    .strictObject({
      user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Unix user name')
        .default('root'),
      /** Absent: the SSH_PORT setting. */
      port: port.optional(),
    })
    .prefault({}),
  bootstrap: z
    .strictObject({
      files: z
        .array(
          z.strictObject({
            path: absolutePath,
            mode: z
              .string()
              .regex(/^0[0-7]{3}$/, 'must be an octal mode in quotes, like "0644"')
              .default('0644'),
            content: z.string().max(1_048_576),
          }),
        )
        .max(100)
        .default([]),
      /** Runs as root over SSH with the bot's environment; must be safe to run twice. */
      script: z.string().max(262_144).default(''),
      timeoutSeconds: seconds(1, 86_400).default(900),
    })
    .prefault({}),
  bot: z
    .strictObject({
      service: z
        .string()
        .regex(
          /^[A-Za-z0-9:_.@-]{1,240}\.service$/,
          'must be the name of a systemd service, like clientfy-bot.service',
        )
        .default('clientfy-bot.service'),
      env: environment.default({}),
      qrPort: port.default(3008),
      panelPort: port.default(5432),
      statusPath: z
        .string()
        .max(1024)
        .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/, 'must be a URL path beginning with "/"')
        .default('/api/status'),
    })
    .prefault({}),
  health: z
    .strictObject({
      intervalSeconds: seconds(1, 86_400).default(30),
      failureThreshold: z.int().min(1).max(100).default(3),
      startupSeconds: seconds(1, 86_400).default(120),
    })
    .prefault({}),
  deadlines: z
    .strictObject({
      dropletActiveSeconds: seconds(1, 86_400).default(300),
      sshSeconds: seconds(1, 86_400).default(300),
    })
    .prefault({}),
  retries: z
    .strictObject({
      bootstrap: z.int().min(0).max(100).default(3),
      replaceDroplet: z.int().min(0).max(100).default(2),
    })
    .prefault({}),
});

export type InstanceClassSpec = z.infer<typeof instanceClassSpec>;
export type InstanceClass = Resource<InstanceClassSpec, Record<string, never>>;

export const DEFAULT_CLASS = 'default';
