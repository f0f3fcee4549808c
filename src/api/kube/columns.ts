import { getCondition } from '../../resources/condition.ts';
import type { Kind, ObjectOf } from '../../resources/kinds.ts';
import { controllerOwner } from '../../resources/meta.ts';
import { age } from './age.ts';

export type Cell = string | number | boolean | null;

export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly description: string;
  /** Shown with `-o wide` alone. */
  readonly wide?: boolean;
  /** `now` is ms since the epoch. */
  readonly cell: (object: T, now: number) => Cell;
}

const text = <T>(
  name: string,
  description: string,
  cell: (object: T) => string | undefined | null,
  wide = false,
): Column<T> => ({
  name,
  type: 'string',
  description,
  wide,
  cell: (object) => cell(object) ?? null,
});

const integer = <T>(
  name: string,
  description: string,
  cell: (object: T) => number | undefined,
  wide = false,
): Column<T> => ({
  name,
  type: 'integer',
  description,
  wide,
  cell: (object) => cell(object) ?? null,
});

export const ageColumn: Column<{ readonly metadata: { readonly creationTimestamp: string } }> = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was created.',
  cell: ({ metadata }, now) => age(metadata.creationTimestamp, now),
};

const conditionStatus = (
  {
    status,
  }: { readonly status?: { readonly conditions?: Parameters<typeof getCondition>[0] } | undefined },
  type: string,
): string => getCondition(status?.conditions, type)?.status ?? 'Unknown';

const columns: { readonly [K in Kind]: readonly Column<ObjectOf[K]>[] } = {
  Instance: [
    text('Number', 'The phone number of the bot.', ({ spec }) => spec.numberphone),
    text('Provider', 'How the bot speaks to WhatsApp.', ({ spec }) => spec.provider),
    text('Phase', 'Where the instance stands on its way.', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'deleting' : (status?.phase ?? 'pending'),
    ),
    text('Ready', 'Whether the bot runs and answers.', (object) =>
      conditionStatus(object, 'Ready'),
    ),
    text('WhatsApp', 'Whether the bot is linked to its WhatsApp account.', (object) =>
      conditionStatus(object, 'WhatsAppLinked'),
    ),
    text('IP', 'The public address of the droplet.', ({ status }) => status?.ip),
    integer('Droplet', "DigitalOcean's id of the droplet.", ({ status }) => status?.dropletId),
    integer(
      'Restarts',
      'Restarts of the bot and of its machine, ours and those asked for.',
      ({ status }) => status?.restarts ?? 0,
    ),
    ageColumn,
    text(
      'Class',
      'The InstanceClass that says how it is built.',
      ({ spec }) => spec.className,
      true,
    ),
    text('Message', 'What is going on.', ({ status }) => status?.message, true),
  ],
  InstanceClass: [
    text('Region', 'Where droplets are made.', ({ spec }) => spec.droplet.region),
    text('Size', "DigitalOcean's size of droplets.", ({ spec }) => spec.droplet.size),
    text('Image', 'What droplets boot from.', ({ spec }) => String(spec.droplet.image)),
    integer('Instances', 'How many name the class.', ({ status }) => status?.instances),
    integer('Updated', 'How many run with it as it is now.', ({ status }) => status?.updated),
    text(
      'Rollout',
      'Whether it has come to all that run: RolledOut, Updating or Stopped.',
      ({ status }) => getCondition(status?.conditions, 'Progressing')?.reason,
    ),
    ageColumn,
    text('Service', 'The systemd service of the bot.', ({ spec }) => spec.bot.service, true),
    text('Message', 'What is going on.', ({ status }) => status?.message, true),
  ],
  InstancePool: [
    text('Class', 'What its droplets are prepared for.', ({ spec }) => spec.className),
    integer(
      'Desired',
      'Droplets that shall wait, outside of all windows.',
      ({ spec }) => spec.replicas,
    ),
    integer('Wanted', 'Droplets that shall wait now.', ({ status }) => status?.wanted),
    integer('Ready', 'Droplets that wait to be claimed.', ({ status }) => status?.ready),
    integer('Booting', 'Droplets that are being prepared.', ({ status }) => status?.booting),
    integer('Claimed', 'Droplets that instances have taken.', ({ status }) => status?.claimed),
    ageColumn,
    text('Message', 'What is going on.', ({ status }) => status?.message, true),
  ],
  Droplet: [
    text('Phase', 'Where the droplet stands.', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'deleting' : (status?.phase ?? 'pending'),
    ),
    integer('ID', "DigitalOcean's id.", ({ status }) => status?.id),
    text('State', "DigitalOcean's own word.", ({ status }) => status?.state),
    text('IP', 'The public address.', ({ status }) => status?.ip),
    text('Region', 'Where it is.', ({ spec }) => spec.region),
    text('Size', "DigitalOcean's size.", ({ spec }) => spec.size),
    ageColumn,
    text(
      'Owner',
      'The object that it belongs to.',
      ({ metadata }) => {
        const owner = controllerOwner(metadata);
        return owner && `${owner.kind}/${owner.name}`;
      },
      true,
    ),
    text('Message', 'What is going on.', ({ status }) => status?.message, true),
  ],
};

export const columnsOf = <K extends Kind>(kind: K): readonly Column<ObjectOf[K]>[] => columns[kind];
