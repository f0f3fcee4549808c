import { z } from 'zod';
import type { DropletStatus } from './droplet.ts';
import type { InstanceStatus } from './instance.ts';
import type { InstanceClassStatus } from './instance-class.ts';
import type { Kind, ObjectOf } from './kinds.ts';

/** Statuses as clients may read and, by the subresource, write them. What a later version adds is kept. */

const time = z.string();
const id = z.int();
const condition = z.looseObject({
  type: z.string().describe('What it says something about.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it is so.'),
  reason: z.string().describe('Why, as one word for programs.'),
  message: z.string().describe('Why, as a sentence for people.'),
  lastTransitionTime: time.describe('When the status changed last.'),
  observedGeneration: z.int().optional().describe('The generation that was looked at.'),
});
const observedGeneration = z.int().describe('The generation that the controller has seen.');
const conditions = z.array(condition).describe('What is known, for programs.');
const message = z.string().describe('What is going on, for people.');
const failure = z.looseObject({
  reason: z.string().describe('As one word.'),
  message: z.string().describe('As a sentence.'),
  at: time.describe('When.'),
});

const phases = [
  'creating_droplet',
  'waiting_for_ssh',
  'initializing',
  'completed',
  'failed',
  'deleting',
] as const;

const bootstrapRun = z.looseObject({
  run: z.string().describe('Name of the run.'),
  revision: z.string().describe('Digest of all that shapes the run.'),
  classRevision: z.string().optional().describe("The same of the class's part alone."),
  updates: z
    .enum(['class', 'instance'])
    .optional()
    .describe('Whose edit it carries out, when it takes the place of a bot that served.'),
  dropletId: id.describe('Where it ran.'),
  attempt: z.int().describe('1 for the first try.'),
  startedAt: time.describe('When it began.'),
  finishedAt: time.optional().describe('When it ended.'),
  exitCode: z.int().optional().describe('How it ended.'),
  problem: z.string().optional().describe('Why it did not end by itself.'),
  stage: z.enum(['start']).optional().describe('Only what depends on the number is done.'),
});

const instance = {
  observedGeneration,
  phase: z.enum(phases).describe('Where it stands on its way.'),
  progress: z.number().describe('Percent: 25, 50, 75 or 100.'),
  message,
  conditions,
  dropletName: z.string().optional().describe('Name of its Droplet.'),
  dropletId: id.optional().describe("DigitalOcean's id of its droplet."),
  dropletState: z.string().optional().describe("DigitalOcean's word for how the droplet is."),
  ip: z.string().optional().describe('Public address of the droplet.'),
  phaseStartedAt: time.describe('When the present phase began.'),
  ssh: z
    .looseObject({
      dropletId: id.describe('The droplet of the session.'),
      hostKey: z.string().describe('The only host key that is accepted.'),
      since: time.describe('Of the first session.'),
      isUp: z.boolean().describe('False from a reboot until the next session.'),
    })
    .optional()
    .describe('The way to the droplet.'),
  sshProblem: z.string().optional().describe('The last trouble on the way to a session.'),
  hostKeyMismatch: z
    .looseObject({
      dropletId: z.int().optional().describe('The droplet that it was taken for.'),
      since: time.describe('When it was seen first.'),
      lastAt: time.describe('When it was seen last.'),
      message: z.string().describe('What was seen.'),
    })
    .optional()
    .describe('Somebody else answers at the address of the droplet.'),
  bootstrap: bootstrapRun.optional().describe('The last run of the bootstrap.'),
  bot: z
    .looseObject({
      startedAt: time.optional().describe('When it was started or restarted.'),
      lastHealthyAt: time.optional().describe('When it was well.'),
      lastCheckedAt: time.optional().describe('When it was looked at.'),
      failures: z.int().describe('Failed looks in a row.'),
      problem: z.string().optional().describe('What the last failed look told.'),
      session: z.string().optional().describe('What the bot says of its WhatsApp session.'),
      restartedAt: time.optional().describe('The spec.restartedAt that was carried out last.'),
    })
    .optional()
    .describe('How the bot is.'),
  endpoint: z
    .looseObject({
      service: z.string().describe('Its systemd service.'),
      qrPort: z.int().describe('Where it serves its QR.'),
      panelPort: z.int().describe('Where it serves its status.'),
      statusPath: z.string().describe('The path of its status.'),
    })
    .optional()
    .describe('How the bot that runs is reached.'),
  session: z
    .looseObject({
      lookedAt: time.describe('When it was looked at.'),
      savedAt: time.optional().describe('When it was saved last; absent: nothing is kept.'),
      dropletId: id.optional().describe('The droplet that it was saved from.'),
      sizeBytes: z.int().optional().describe('Packed.'),
      fingerprint: z.string().optional().describe('Differs when a file changed.'),
      keyId: z.string().optional().describe('Differs when it was sealed with another key.'),
      forgottenAt: time.optional().describe('When it was forgotten, if it has not changed since.'),
      problem: z.string().optional().describe('Why the last look saved nothing.'),
    })
    .optional()
    .describe('What is kept of its WhatsApp session.'),
  repairs: z
    .looseObject({
      rung: z.string().optional().describe('The farthest repair that was tried.'),
      at: time.optional().describe('When.'),
      replacements: z.int().describe('Droplets that were given up.'),
      replacedUid: z.string().optional().describe('The Droplet that was given up last.'),
    })
    .optional()
    .describe('What was done to heal it.'),
  restarts: z.int().describe('Restarts of the bot and of its machine.'),
  pausedAt: time.optional().describe('Since when it is left alone.'),
  failure: failure
    .extend({
      phase: z.enum(phases).describe('The phase in which it failed.'),
      generation: z.int().describe('The generation that failed: a later one starts anew.'),
      classVersion: z.string().optional().describe('The class that it failed with.'),
    })
    .optional()
    .describe('Why it has failed.'),
} satisfies Record<keyof InstanceStatus, z.ZodType>;

const instanceClass = {
  observedGeneration,
  message,
  conditions,
  instances: z.int().describe('How many name the class.'),
  updated: z.int().describe('How many run with it as it stands now.'),
  updating: z.int().describe('How many are being re-initialised, or about to be.'),
  waiting: z.int().describe('How many wait for their turn.'),
  failed: z.int().describe('How many were re-initialised and are not well since.'),
  drifted: z.int().describe('How many have another droplet than the class asks for.'),
  turns: z
    .array(
      z.looseObject({
        name: z.string().describe('The instance.'),
        revision: z.string().describe('What it may be re-initialised to.'),
      }),
    )
    .describe('Who may begin now.'),
} satisfies Record<keyof InstanceClassStatus, z.ZodType>;

const droplet = {
  observedGeneration,
  phase: z
    .enum(['pending', 'creating', 'active', 'off', 'deleting', 'failed'])
    .describe('Where it stands.'),
  message,
  conditions,
  id: id.optional().describe("DigitalOcean's id."),
  ip: z.string().optional().describe('Public address.'),
  state: z.string().optional().describe("DigitalOcean's word for how it is."),
  acceptedAt: time.optional().describe('When DigitalOcean accepted the create.'),
  addressedAt: time.optional().describe('When its address was first seen.'),
  intent: z
    .looseObject({
      attempt: z.int().describe('1 for the first create.'),
      startedAt: time.describe('When it was written down.'),
      hostKey: z.string().describe('Host key that is given to the machine.'),
      known: z.array(z.int()).describe('Droplets of the same name that were there before.'),
      absentLooks: z.array(z.string()).optional().describe('Looks that found nothing.'),
    })
    .optional()
    .describe('A create that may or may not have reached DigitalOcean.'),
  attempts: z.int().describe('Creates that were sent.'),
  hasLostCreate: z.boolean().optional().describe('A create was taken for lost.'),
  hostKey: z.string().optional().describe('Host key that the machine was born with.'),
  adopted: z.boolean().optional().describe('Orquesta took it over and did not make it.'),
  seen: z.boolean().optional().describe('It has been seen in the account.'),
  missingSince: time.optional().describe('When it was first not there any more, while young.'),
  deletion: z
    .looseObject({
      requestedAt: time.describe('When it was asked for last.'),
      requests: z.int().describe('How often it was asked for.'),
      confirmedAt: time.optional().describe('When DigitalOcean said that it is gone.'),
    })
    .optional()
    .describe('How its deletion stands.'),
  hold: z
    .looseObject({
      reason: z.string().describe('As one word.'),
      message: z.string().describe('As a sentence.'),
      until: time.describe('When it goes on.'),
    })
    .optional()
    .describe('Why no create is sent now.'),
  action: z
    .looseObject({
      type: z.string().describe('Which one.'),
      requestedAt: time.describe('When it was asked for.'),
    })
    .optional()
    .describe('An action that is under way in DigitalOcean.'),
  failure: failure.optional().describe('Why it has failed.'),
  preparation: z
    .looseObject({
      startedAt: time.describe('When its address was known.'),
      hostKey: z.string().optional().describe('The only one that is accepted.'),
      nextHostKey: z.string().optional().describe('Made on the droplet to take its place.'),
      isRotated: z.boolean().optional().describe('It has a host key of its own making.'),
      sshProblem: z.string().optional().describe('The last trouble on the way to a session.'),
      bootstrap: bootstrapRun.optional().describe('What is done without a number.'),
      readyAt: time.optional().describe('When it was prepared.'),
      lastCheckedAt: time.optional().describe('When it was looked at.'),
      failures: z.int().describe('Looks in a row at which it let nobody in.'),
    })
    .optional()
    .describe('How far it is on its way to wait in a pool.'),
} satisfies Record<keyof DropletStatus, z.ZodType>;

const pool = {
  observedGeneration,
  message,
  conditions,
  wanted: z.int().describe('How many shall wait now, by the schedule.'),
  replicas: z.int().describe('How many wait, prepared or not.'),
  ready: z.int().describe('How many wait to be claimed.'),
  booting: z.int().describe('How many are being prepared.'),
  claimed: z.int().describe('How many of those that instances run on were claimed here.'),
  costUsdPerHour: z.number().optional().describe('What those that wait cost together.'),
  declaring: z.array(z.string()).optional().describe('Droplets that are about to be declared.'),
  failures: z.int().optional().describe('Lots of droplets in a row that came to nothing.'),
  lastFailureAt: time.optional().describe('When the last of them did.'),
} satisfies Record<keyof NonNullable<ObjectOf['InstancePool']['status']>, z.ZodType>;

export const statusSchemas: Readonly<Record<Kind, z.ZodType>> = {
  Instance: z.looseObject(instance).describe('What is known. Written by the controller.'),
  InstanceClass: z.looseObject(instanceClass).describe('What is known. Written by the controller.'),
  InstancePool: z.looseObject(pool).describe('What is known. Written by the controller.'),
  Droplet: z.looseObject(droplet).describe('What is known. Written by the controller.'),
};
