import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Hono } from 'hono';
import type { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { authenticate } from './api/access/authenticate.ts';
import { parseApiKeys } from './api/access/keys.ts';
import { createApp } from './api/app.ts';
import { readConsole } from './api/console.ts';
import { readiness } from './api/health.ts';
import { createStatusApp } from './api/status-app.ts';
import { HttpBot } from './bot/http-bot.ts';
import { ownNames, selfSigned } from './certificate.ts';
import { applyClasses, OWN_CLASSES } from './classes.ts';
import { systemClock, systemRandom } from './clock.ts';
import { RedisBudget } from './cloud/budget.ts';
import { DigitalOcean } from './cloud/digitalocean.ts';
import { type Config, ConfigError, isHiddenVariable, readConfig } from './config.ts';
import { Controller } from './controller/controller.ts';
import { errandRunner } from './controller/errands.ts';
import { bookRecords, bookSweeps } from './controller/ledger.ts';
import { Reporter } from './controller/reporter.ts';
import { WebhookService } from './controller/webhooks/service.ts';
import { portMap } from './dial.ts';
import { createLog, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { mustAnswer, openRedis } from './open-redis.ts';
import { BullmqQueue } from './queue/bullmq-queue.ts';
import { noteResyncs } from './queue/note-resyncs.ts';
import { LocalSecrets } from './secrets/local-secrets.ts';
import { listen } from './serve.ts';
import { authorizedKey } from './ssh/authorized-key.ts';
import { newHostKey } from './ssh/host-key.ts';
import { passwordHash } from './ssh/password-hash.ts';
import { Ssh2Shell } from './ssh/ssh2-shell.ts';
import { StoreCache } from './store/cache.ts';
import { durabilityWarnings } from './store/redis.ts';
import { RedisAuditTrail } from './store/redis-audit-trail.ts';
import { RedisCloudView } from './store/redis-cloud-view.ts';
import { RedisControllerReports } from './store/redis-controller-reports.ts';
import { RedisErrands } from './store/redis-errands.ts';
import { RedisJournal } from './store/redis-journal.ts';
import { RedisLedger } from './store/redis-ledger.ts';
import { RedisSessionArchive } from './store/redis-session-archive.ts';
import { RedisStore } from './store/redis-store.ts';
import { RedisVault } from './store/redis-vault.ts';
import { RedisWebhooks } from './store/redis-webhooks.ts';
import { migrate } from './store/schema.ts';
import { parseEncryptionKeys, Seal } from './store/seal.ts';
import type { Store } from './store/store.ts';
import { WatchCache } from './store/watch-cache.ts';
import { exposition } from './telemetry/exposition.ts';
import { meterHttp } from './telemetry/meter-http.ts';
import {
  meterBot,
  meterCloud,
  meterJournal,
  meterQueue,
  meterShell,
  meterSweeps,
} from './telemetry/meter-ports.ts';
import { meterSteps } from './telemetry/meter-steps.ts';
import { meterStore } from './telemetry/meter-store.ts';
import { endpointsOf, HttpWebhookSender } from './webhook/http-sender.ts';

export interface Orquesta {
  /** Where it listens, like http://127.0.0.1:3000; undefined for a controller that can't, which works all the same. */
  readonly url: string | undefined;
  /** Ends or hands over the work in hand, then stops. */
  close(): Promise<void>;
}

/** Most of the time they wait for an answer. */
const WEBHOOKS_AT_A_TIME = 20;
/** How long work in hand may take to end once the program is told to stop. */
const GRACE_MS = 5_000;
/** Told to stop, the program is gone after so long, whatever does not end: nothing is lost by leaving, and a service manager would kill it. */
const STOP_LIMIT_MS = 9_000;

/** Wires the adapters to the ports, for the roles that the settings name, and starts them. Rejects with a sentence when that can't be done. */
export async function startOrquesta(config: Config, log: Logger): Promise<Orquesta> {
  const clock = systemClock;
  const random = systemRandom;
  const prefix = config.REDIS_PREFIX;
  const redis = openRedis(config, log);
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const redisStore = new RedisStore({
    redis,
    prefix,
    clock,
    newUid: randomUUID,
    replicas: config.REDIS_WAIT_REPLICAS,
  });
  const redisJournal = new RedisJournal({ redis, prefix, clock, log });
  const journal = meterJournal(redisJournal, metrics);
  const webhooks = new RedisWebhooks({ redis, prefix, clock });
  const errands = new RedisErrands({ redis, prefix, clock, newId: randomUUID, log });
  const cloudView = new RedisCloudView({ redis, prefix, newId: () => randomUUID().slice(0, 8) });
  const reports = new RedisControllerReports({ redis, prefix });
  const store = meterStore(redisStore, metrics);
  const ledger = new RedisLedger({ redis, prefix, clock });
  const objects = new StoreCache({ store, clock });
  const seal = new Seal(parseEncryptionKeys(config.ORQUESTA_ENCRYPTION_KEY));
  const sessions = new RedisSessionArchive({ redis, prefix, seal });
  const bot = meterBot(new HttpBot({ dial: portMap(config.ORQUESTA_PORT_MAP_FILE) }), metrics);
  /** Closed in the reverse order of their start. */
  const started: (() => Promise<void>)[] = [
    async () => redis.disconnect(),
    async () => redisStore.close(),
    async () => redisJournal.close(),
  ];
  const close = async () => {
    for (const stop of started.reverse()) await stop();
  };

  let queueDepth: (() => ReturnType<BullmqQueue['depth']>) | undefined;

  // Loaded for those alone who want traces.
  const tracing = config.OTEL_EXPORTER_OTLP_ENDPOINT
    ? (await import('./telemetry/tracing.ts')).startTracing({
        endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
        version: packageVersion(),
        role: config.ORQUESTA_ROLE,
      })
    : undefined;
  if (tracing) started.push(tracing.close);
  const traced = (one: Store): Store => tracing?.store(one) ?? one;

  try {
    await mustAnswer(redis, config);
    for (const warning of await durabilityWarnings(redis)) log.warn(warning);
    await migrate({ redis, prefix, clock, log });
    await applyClasses(config.ORQUESTA_CLASSES_DIR ?? OWN_CLASSES, { store, log });
    await objects.start();
    started.push(() => objects.close());

    if (config.ORQUESTA_ROLE !== 'api') {
      const token = config.DIGITALOCEAN_TOKEN ?? '';
      const password = config.DIGITALOCEAN_SSH_PASSWORD;
      const privateKey = config.SSH_PRIVATE_KEY_FILE
        ? readFileSync(config.SSH_PRIVATE_KEY_FILE, 'utf8')
        : password === undefined
          ? await ownDeployKey(redis, prefix, seal)
          : undefined;
      const budget = new RedisBudget({ redis, prefix, clock, token });
      const digitalOcean = new DigitalOcean({
        url: config.DIGITALOCEAN_API_URL,
        token,
        budget,
        clock,
        log,
        onRequest: meterCloud(metrics),
      });
      const cloud = tracing?.cloud(digitalOcean) ?? digitalOcean;
      const shell = new Ssh2Shell({
        password,
        privateKey,
        dial: portMap(config.ORQUESTA_PORT_MAP_FILE),
        clock,
        log,
      });
      started.push(() => shell.close());
      const queue = new BullmqQueue({
        redis,
        prefix,
        clock,
        random,
        log,
        concurrency: config.ORQUESTA_CONCURRENCY,
      });
      queueDepth = () => queue.depth();
      const books = { ledger, objects, log };
      const secrets = new LocalSecrets({
        env: process.env,
        dir: config.ORQUESTA_SECRETS_DIR,
        isHidden: (name) => isHiddenVariable(name, config),
      });
      const controller = new Controller({
        store: traced(bookRecords(store, books)),
        journal,
        observer: tracing?.observer(meterSteps(metrics)) ?? meterSteps(metrics),
        cloudView: meterSweeps(bookSweeps(cloudView, books), metrics),
        cloud,
        shell: meterShell(shell, metrics),
        bot,
        secrets,
        sessions,
        newHostKey,
        clock,
        random,
        log,
        objects,
        queue: noteResyncs(meterQueue(queue, metrics), () => reports.noteResync(clock.now())),
        settings: {
          sshPort: config.SSH_PORT,
          image: imageOf(config.DIGITALOCEAN_IMAGE),
          hostKeyPolicy: config.SSH_HOST_KEY_POLICY,
          botRepository: config.BOT_REPOSITORY,
          login:
            privateKey === undefined
              ? { passwordHash: password && passwordHash(password), authorizedKeys: [] }
              : // With a key no password is let in; it stays good for droplets that were made before.
                { passwordHash: undefined, authorizedKeys: [authorizedKey(privateKey)] },
        },
      });
      await controller.start();
      started.push(() => controller.close(GRACE_MS));
      const calls = {
        endpoints: endpointsOf(config.WEBHOOK_URL ?? ''),
        sender: new HttpWebhookSender({ secret: config.WEBHOOK_SECRET ?? '', clock }),
        clock,
      };
      if (calls.endpoints.length > 0) {
        const deliveries = new BullmqQueue({
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
          queue: deliveries,
          random,
          log,
          onDropped: (count) => metrics.webhooksDropped.inc(count),
        });
        await service.start();
        started.push(() => service.close(GRACE_MS));
      }
      const stopErrands = new AbortController();
      const served = errands.serve(
        errandRunner({ store, shell, secrets, sshPort: config.SSH_PORT, log, ...calls }),
        stopErrands.signal,
      );
      started.push(async () => {
        stopErrands.abort();
        await served;
      });
      const reporter = new Reporter({
        id: `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`,
        reports,
        cloudView,
        cloud,
        budget: () => budget.state(),
        brakes: () => controller.brakes(),
        clock,
        log,
      });
      reporter.start();
      started.push(() => reporter.close());
    }
    const { ORQUESTA_ROLE: role } = config;
    const facts = {
      cloudView,
      reports,
      clock,
      version: packageVersion(),
      startedAt: clock.now(),
      serves: { requests: role !== 'controller', work: role !== 'api' },
    };
    metrics.info.set({ version: facts.version, role }, 1);
    const access = {
      clock,
      apiKeys: parseApiKeys(config.API_KEY ?? ''),
      corsOrigins: listOf(config.CORS_ORIGINS),
      requestsPerSecond: config.API_REQUESTS_PER_SECOND,
    };
    const health = {
      ...facts,
      metrics: exposition(
        registry,
        { ...facts, metrics, objects, ledger, queueDepth, readiness: () => readiness(facts) },
        config.METRICS_AUTH === 'key' ? authenticate(access) : undefined,
      ),
    };
    const place = {
      host: config.HOST ?? defaultHost(),
      port: config.PORT,
      tls: await certificateOf(config, clock.now()),
    };
    if (role === 'controller') {
      const url = await listenForStatus(createStatusApp(health), place, started, log);
      return { url, close };
    }
    const app = createApp({
      ...health,
      ...access,
      middleware: [...(tracing ? [tracing.middleware] : []), meterHttp(metrics)],
      store: traced(store),
      objects: new WatchCache({ store, cache: objects }),
      errands,
      webhooks,
      journal,
      cloudView,
      ledger,
      bot,
      random,
      log,
      image: imageOf(config.DIGITALOCEAN_IMAGE),
      sessions,
      audit: new RedisAuditTrail({ redis, prefix }),
      newRequestId: randomUUID,
      console: readConsole(OWN_CONSOLE),
    });
    const api = await listen(app, place);
    started.push(api.close);
    return { url: api.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A controller works without being looked at: a port that is taken, as by another controller on this machine, does not stop it. */
async function listenForStatus(
  app: Hono,
  place: Parameters<typeof listen>[1],
  started: (() => Promise<void>)[],
  log: Logger,
): Promise<string | undefined> {
  try {
    const listening = await listen(app, place);
    started.push(listening.close);
    return listening.url;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn(`This controller works, but answers no /metrics and no /readyz. ${why}`);
    return undefined;
  }
}

/** The key that Orquesta logs in with where none is given: made once, the same for all processes. Throws SealError. */
function ownDeployKey(redis: Redis, prefix: string, seal: Seal): Promise<string> {
  const vault = new RedisVault({ redis, prefix, seal });
  return vault.keep('deploy-key', () => newHostKey().privateKey);
}

/** The certificate that the port speaks HTTPS with, given or our own; none: HTTP. */
async function certificateOf(config: Config, now: number) {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_SELF_SIGNED_DIR: folder } = config;
  if (cert !== undefined && key !== undefined) {
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }
  return folder === undefined ? undefined : selfSigned(folder, ownNames(config), now);
}

/** An image is named by its slug, a snapshot by its number. */
const imageOf = (text: string | undefined): string | number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : text;

const listOf = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A container's own loopback could be reached by nobody. */
const defaultHost = (): string =>
  existsSync('/.dockerenv') || existsSync('/run/.containerenv') ? '0.0.0.0' : '127.0.0.1';

const OWN_CONSOLE = fileURLToPath(new URL('../dist/web', import.meta.url));

function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Runs with the settings of the environment and `.env` until SIGINT or SIGTERM. Answers the exit code. */
export async function serve(): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  let config: Config;
  try {
    config = readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return 2;
  }
  const isTerminal = process.stdout.isTTY === true;
  const log = createLog({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (isTerminal ? 'pretty' : 'json'),
  });
  const told = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => resolve(signal));
  });
  try {
    const starting = startOrquesta(config, log);
    // It may be told to stop while it waits for what it needs.
    const orquesta = await Promise.race([starting, told.then(() => undefined)]);
    if (orquesta) log.info({ url: orquesta.url, role: config.ORQUESTA_ROLE }, 'Orquesta runs');
    log.info({ signal: await told }, 'Stopping');
    const left = systemClock.sleep(STOP_LIMIT_MS).then(() => {
      log.warn('Not all work in hand has ended; others take it over');
    });
    await Promise.race([orquesta?.close(), left]);
    return 0;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.fatal({ err: error }, `Orquesta cannot start: ${why}`);
    return 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Ended by its code and not by an idle event loop: a request that hangs must not keep a stopped program alive.
  process.exit(await serve());
}
