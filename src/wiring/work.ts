import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { RedisBudget } from '../cloud/budget.ts';
import { DigitalOcean } from '../cloud/digitalocean.ts';
import { isHiddenVariable, ownFiles } from '../config.ts';
import { Controller } from '../controller/controller.ts';
import type { ControllerSettings } from '../controller/deps.ts';
import { errandRunner } from '../controller/errands.ts';
import { bookRecords, bookSweeps } from '../controller/ledger.ts';
import { Reporter } from '../controller/reporter.ts';
import { WebhookService } from '../controller/webhooks/service.ts';
import { portMap } from '../dial.ts';
import { BullmqQueue } from '../queue/bullmq-queue.ts';
import { noteResyncs } from '../queue/note-resyncs.ts';
import { LocalSecrets } from '../secrets/local-secrets.ts';
import { authorizedKey } from '../ssh/authorized-key.ts';
import { newHostKey } from '../ssh/host-key.ts';
import { passwordHash } from '../ssh/password-hash.ts';
import { privateKeysIn } from '../ssh/private-keys.ts';
import { Ssh2Shell } from '../ssh/ssh2-shell.ts';
import { RedisVault } from '../store/redis-vault.ts';
import { SealError } from '../store/seal.ts';
import { meterCloud, meterQueue, meterShell, meterSweeps } from '../telemetry/meter-ports.ts';
import { meterSteps } from '../telemetry/meter-steps.ts';
import { endpointsOf, HttpWebhookSender } from '../webhook/http-sender.ts';
import { imageOf } from './image-of.ts';
import type { Ports } from './ports.ts';

/** Most of the time they wait for an answer. */
const WEBHOOKS_AT_A_TIME = 20;
/** How long work in hand may take to end once the program is told to stop. */
const GRACE_MS = 5_000;

/** Starts what a controller does: the reconciling, the webhooks, the errands, and its reports. What is to be closed joins `closers`. */
export async function startWork(ports: Ports) {
  const { config, log, clock, random, metrics, tracing, objects, closers } = ports;
  const place = { redis: ports.redis, prefix: ports.prefix, clock };
  const token = config.DIGITALOCEAN_TOKEN ?? '';
  const budget = new RedisBudget({ ...place, token });
  const digitalOcean = new DigitalOcean({
    url: config.DIGITALOCEAN_API_URL,
    token,
    budget,
    clock,
    log,
    onRequest: meterCloud(metrics),
  });
  const cloud = tracing?.cloud(digitalOcean) ?? digitalOcean;
  const { password, privateKeys, newKey } = await credentialsOf(ports);
  const dial = portMap(config.ORQUESTA_PORT_MAP_FILE);
  const shell = new Ssh2Shell({ password, privateKeys, dial, clock, log });
  closers.push(() => shell.close());
  const queue = new BullmqQueue({
    ...place,
    random,
    log,
    concurrency: config.ORQUESTA_CONCURRENCY,
  });
  const books = { ledger: ports.ledger, objects, log };
  const secrets = new LocalSecrets({
    env: process.env,
    dir: config.ORQUESTA_SECRETS_DIR,
    isHidden: (name) => isHiddenVariable(name, config),
    ownFiles: ownFiles(config),
  });
  const controller = new Controller({
    store: ports.tracedStore(bookRecords(ports.store, books)),
    journal: ports.journal,
    observer: tracing?.observer(meterSteps(metrics)) ?? meterSteps(metrics),
    cloudView: meterSweeps(bookSweeps(ports.cloudView, books), metrics),
    cloud,
    shell: meterShell(shell, metrics),
    bot: ports.bot,
    secrets,
    sessions: ports.sessions,
    newHostKey,
    clock,
    random,
    log,
    objects,
    queue: noteResyncs(meterQueue(queue, metrics), () => ports.reports.noteResync(clock.now())),
    settings: {
      sshPort: config.SSH_PORT,
      image: imageOf(config),
      hostKeyPolicy: config.SSH_HOST_KEY_POLICY,
      botRepository: config.BOT_REPOSITORY,
      login: loginOf(password, newKey),
    },
  });
  await controller.start();
  closers.push(() => controller.close(GRACE_MS));

  const calls = {
    endpoints: endpointsOf(config.WEBHOOK_URL ?? ''),
    sender: new HttpWebhookSender({ secret: config.WEBHOOK_SECRET ?? '', clock }),
    clock,
  };
  if (calls.endpoints.length > 0) await startWebhooks(ports, calls);

  const stopErrands = new AbortController();
  const served = ports.errands.serve(
    errandRunner({
      store: ports.store,
      shell,
      secrets,
      sshPort: config.SSH_PORT,
      log,
      ...calls,
    }),
    stopErrands.signal,
  );
  closers.push(async () => {
    stopErrands.abort();
    await served;
  });

  const reporter = new Reporter({
    id: `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`,
    reports: ports.reports,
    cloudView: ports.cloudView,
    cloud,
    budget: () => budget.state(),
    brakes: () => controller.brakes(),
    clock,
    log,
  });
  reporter.start();
  closers.push(() => reporter.close());
  return { queueDepth: () => queue.depth() };
}

async function startWebhooks(
  { redis, prefix, clock, random, log, store, webhooks, metrics, closers }: Ports,
  calls: Pick<ConstructorParameters<typeof WebhookService>[0], 'endpoints' | 'sender' | 'clock'>,
): Promise<void> {
  const queue = new BullmqQueue({
    redis,
    prefix: `${prefix}:webhooks`,
    clock,
    random,
    log,
    concurrency: WEBHOOKS_AT_A_TIME,
  });
  const service = new WebhookService({
    ...calls,
    store,
    webhooks,
    queue,
    random,
    log,
    onDropped: (count) => metrics.webhooksDropped.inc(count),
  });
  await service.start();
  closers.push(() => service.close(GRACE_MS));
}

/** Sealed in Redis under this name is the key of Orquesta's own, once there was no other way in. */
const DEPLOY_KEY = 'deploy-key';

/**
 * What droplets are logged in to with, and the key that new ones take. Without any setting it is a key of Orquesta's own, made once,
 * the same for all processes; it opens what was made with it whatever is set later. Throws SealError.
 */
async function credentialsOf({ config, redis, prefix, seal, log }: Ports) {
  const password = config.DIGITALOCEAN_SSH_PASSWORD;
  const file = config.SSH_PRIVATE_KEY_FILE;
  const vault = new RedisVault({ redis, prefix, seal });
  if (file === undefined && password === undefined) {
    const own = await vault.keep(DEPLOY_KEY, () => newHostKey().privateKey);
    return { password, privateKeys: [own], newKey: own };
  }
  const given = file === undefined ? [] : privateKeysIn(readFileSync(file, 'utf8'));
  const own = await vault.find(DEPLOY_KEY).catch((error: unknown) => {
    if (!(error instanceof SealError)) throw error;
    log.warn(
      { reason: error.message },
      'Droplets made with the deploy key can not be logged in to',
    );
    return undefined;
  });
  return { password, privateKeys: own === undefined ? given : [...given, own], newKey: given[0] };
}

/** How new droplets let us in. With a key no password is let in; it stays good for droplets that were made before. */
const loginOf = (
  password: string | undefined,
  privateKey: string | undefined,
): ControllerSettings['login'] =>
  privateKey === undefined
    ? { passwordHash: password && passwordHash(password), authorizedKeys: [] }
    : { passwordHash: undefined, authorizedKeys: [authorizedKey(privateKey)] };
