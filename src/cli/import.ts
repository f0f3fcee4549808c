import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rfc3339, systemClock } from '../clock.ts';
import { RedisBudget } from '../cloud/budget.ts';
import { DigitalOcean } from '../cloud/digitalocean.ts';
import type { Config } from '../config.ts';
import { mustAnswer, openRedis, placeOfRedis } from '../open-redis.ts';
import { type CloudDroplet, wasMadeForPool } from '../resources/cloud-droplet.ts';
import type { InstanceSpec } from '../resources/instance.ts';
import { DEFAULT_CLASS } from '../resources/instance-class.ts';
import { parseManifests } from '../resources/manifest.ts';
import { manifestErrorText } from '../resources/manifest-error.ts';
import { type Backup, parseBackup } from '../store/backup.ts';
import { readAll } from '../store/commit-all.ts';
import { storeKeys } from '../store/keys.ts';
import { RestoreError, restore } from '../store/restore.ts';
import { SCHEMA_VERSION } from '../store/schema.ts';
import { clustersAmong, type Rebuild, rebuild } from './rebuild.ts';
import { answering, complain, DONE, FAILED, print, settings, UsageError } from './terms.ts';

const USAGE = `Usage: orquesta import FILE [--dry-run]
       orquesta import --from-cloud [FILE] [--cluster-id ID] [--paused] [--write]

Restores what "orquesta export" wrote, with the same uids and status, so that running droplets are found again and
nothing is created twice. All at one moment, into a Redis that holds none of it; "-" reads standard input.

  --dry-run           tell what would be written, and write nothing

After Redis was lost without a backup, --from-cloud makes the records anew from the tags of the account's droplets. It
only reads DigitalOcean, and writes nothing to Redis unless told to.

  --from-cloud        the records come from DigitalOcean; the Instances' specs come from FILE (a backup or manifests)
  --cluster-id ID     which Orquesta's droplets, when the account has those of several
  --class NAME        of Instances that FILE does not tell of (default "${DEFAULT_CLASS}")
  --paused            leave the bots alone until spec.paused is set to false
  --write             write the records
  -h, --help`;

const OPTIONS = {
  'dry-run': { type: 'boolean' },
  'from-cloud': { type: 'boolean' },
  'cluster-id': { type: 'string' },
  class: { type: 'string' },
  paused: { type: 'boolean' },
  write: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Restores a backup, or rebuilds the records from the cloud. Answers the exit code. */
export async function importCommand(argv: readonly string[]): Promise<number> {
  return answering(USAGE, async () => {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: OPTIONS,
      allowPositionals: true,
    });
    if (values.help) {
      print(USAGE);
      return DONE;
    }
    const [file, ...more] = positionals;
    if (more.length > 0) throw new UsageError('orquesta import takes one FILE');
    mustFit(values);
    const config = settings(process.env);
    if (values['from-cloud']) return fromCloud(config, file, values);
    if (file === undefined) throw new UsageError('orquesta import needs a FILE');
    return fromBackup(config, file, values['dry-run'] ?? false);
  });
}

/** A flag that means nothing here may not be passed over: it could be the one that makes a rehearsal of the real thing. */
function mustFit(values: Values): void {
  const only = values['from-cloud']
    ? (['dry-run'] as const)
    : (['cluster-id', 'class', 'paused', 'write'] as const);
  const wrong = only.find((name) => values[name] !== undefined);
  if (wrong === undefined) return;
  throw new UsageError(
    values['from-cloud']
      ? 'orquesta import --from-cloud writes nothing unless --write is given: --dry-run is not needed'
      : `--${wrong} goes with --from-cloud`,
  );
}

async function fromBackup(config: Config, file: string, isDryRun: boolean): Promise<number> {
  const text = readText(file);
  const { objects, revision, clusterId, schemaVersion, vault } = backupIn(file, text);
  for (const { kind, metadata } of objects) print(`${kind}/${metadata.name}`);
  const what = `${objects.length} objects${clusterId ? ` of the cluster ${clusterId}` : ''}`;
  if (isDryRun) {
    complain(`${what} would be written to Redis at ${placeOfRedis(config)}; nothing was`);
    return DONE;
  }
  await write(config, { objects, clusterId, schemaVersion, afterRevision: revision, vault });
  complain(`${what} written to Redis at ${placeOfRedis(config)}`);
  return DONE;
}

async function fromCloud(
  config: Config,
  file: string | undefined,
  values: Values,
): Promise<number> {
  const droplets = await listAccount(config);
  const clusterId = values['cluster-id'] ?? theOnlyCluster(droplets);
  const plan = rebuild(await withoutRecord(config, droplets), {
    clusterId,
    specs: file === undefined ? new Map() : specsOf(file),
    defaultClass: values.class ?? DEFAULT_CLASS,
    paused: values.paused ?? false,
    newUid: randomUUID,
    now: rfc3339(systemClock.now()),
  });
  show(plan, file !== undefined);
  if (plan.problems.length > 0) {
    for (const problem of plan.problems) complain(problem);
    complain('Nothing was written.');
    return FAILED;
  }
  const what = `records of ${plan.rebuilt.length} droplets of the cluster ${clusterId}`;
  if (!values.write) {
    complain(`With --write, ${what} would be written to Redis at ${placeOfRedis(config)}.`);
    return DONE;
  }
  await write(config, {
    objects: plan.rebuilt.flatMap(({ objects }) => objects),
    clusterId,
    schemaVersion: SCHEMA_VERSION,
    afterRevision: '0',
  });
  complain(`The ${what} were written to Redis at ${placeOfRedis(config)}.`);
  return DONE;
}

function show({ rebuilt }: Rebuild, hasFile: boolean): void {
  for (const { droplet, objects } of rebuilt) {
    const place = [droplet.state, droplet.ip, droplet.region].filter(Boolean).join(' ');
    print(
      `droplet ${droplet.id} ${place}: ${objects.map(({ kind }) => kind).join(' and ')} ${droplet.name}`,
    );
  }
  const pooled = rebuilt.filter(
    ({ droplet, objects }) => wasMadeForPool(droplet) && objects.length === 1,
  );
  if (pooled.length > 0) {
    const which = pooled.map(({ droplet }) => `${droplet.id} (${droplet.name})`).join(', ');
    complain(
      `Made for a pool, and kept as droplets that nobody owns, for one may have been claimed by a number just before: ${which}. Delete those that serve none: DELETE /api/droplet/NAME. A pool that is declared again makes its own.`,
    );
  }
  complain(
    'The host keys were lost with Redis: each droplet is trusted at its next login, and an event says so.',
  );
  if (!hasFile) {
    complain(
      'The specs of the Instances (class, features, env) were lost with Redis: they get their defaults and the bots are prepared anew by them. Give a FILE that holds them, or --paused and set them before.',
    );
  }
}

/** Reads the account; the request budget is that of the running program, as far as its Redis is there. */
async function listAccount(config: Config): Promise<readonly CloudDroplet[]> {
  const token = config.DIGITALOCEAN_TOKEN;
  if (!token) throw new UsageError('DIGITALOCEAN_TOKEN is not set: the account cannot be listed.');
  const redis = openRedis(config);
  try {
    await mustAnswer(redis, config);
    const cloud = new DigitalOcean({
      url: config.DIGITALOCEAN_API_URL,
      token,
      budget: new RedisBudget({ redis, prefix: config.REDIS_PREFIX, clock: systemClock, token }),
      clock: systemClock,
    });
    const droplets = await cloud.listDroplets(new AbortController().signal);
    cloud.close();
    return droplets;
  } finally {
    redis.disconnect();
  }
}

function theOnlyCluster(droplets: readonly CloudDroplet[]): string {
  const clusters = clustersAmong(droplets);
  const [first, ...more] = clusters.keys();
  if (first === undefined) {
    throw new RestoreError('No droplet of the account bears a tag orquesta-cluster:…');
  }
  if (more.length > 0) {
    const told = [...clusters].map(([id, count]) => `${id} (${count} droplets)`).join(', ');
    throw new UsageError(
      `The account has droplets of several Orquestas: ${told}. Name one by --cluster-id.`,
    );
  }
  return first;
}

/** Droplets that Redis tells of already are left out: a rebuild that was done before, or bots that were made since. */
async function withoutRecord(
  config: Config,
  droplets: readonly CloudDroplet[],
): Promise<readonly CloudDroplet[]> {
  const redis = openRedis(config);
  try {
    const { objects } = await readAll(redis, storeKeys(config.REDIS_PREFIX));
    const known = new Set(
      objects.flatMap((one) =>
        one.kind === 'Droplet' ? [(one.status as { id?: number })?.id] : [],
      ),
    );
    return droplets.filter(({ id }) => !known.has(id));
  } finally {
    redis.disconnect();
  }
}

/** The Instances' specs of a backup, or of manifests. */
function specsOf(file: string): ReadonlyMap<string, InstanceSpec> {
  const text = readText(file);
  if (/^kind: Backup$/m.test(text)) {
    const instances = backupIn(file, text).objects.filter(({ kind }) => kind === 'Instance');
    return new Map(instances.map((one) => [one.metadata.name, one.spec as InstanceSpec]));
  }
  const { manifests, errors } = parseManifests(text);
  if (errors) {
    throw new RestoreError(`${file} can't be used: ${errors.map(manifestErrorText).join('; ')}`);
  }
  return new Map(
    manifests.flatMap((one) => (one.kind === 'Instance' ? [[one.name, one.spec] as const] : [])),
  );
}

function backupIn(file: string, text: string): Backup {
  try {
    return parseBackup(text);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new RestoreError(`${file} can't be restored: ${cause.message}`);
  }
}

const readText = (file: string): string => readFileSync(file === '-' ? 0 : file, 'utf8');

async function write(config: Config, what: Parameters<typeof restore>[2]): Promise<void> {
  const redis = openRedis(config);
  try {
    await mustAnswer(redis, config);
    await restore(redis, config.REDIS_PREFIX, what);
  } finally {
    redis.disconnect();
  }
}
