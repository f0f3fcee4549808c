import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { HttpBot } from '../bot/http-bot.ts';
import { systemClock, systemRandom } from '../clock.ts';
import type { Config } from '../config.ts';
import { portMap } from '../dial.ts';
import type { Logger } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { openRedis } from '../open-redis.ts';
import { StoreCache } from '../store/cache.ts';
import { RedisCloudView } from '../store/redis-cloud-view.ts';
import { RedisControllerReports } from '../store/redis-controller-reports.ts';
import { RedisErrands } from '../store/redis-errands.ts';
import { RedisJournal } from '../store/redis-journal.ts';
import { RedisLedger } from '../store/redis-ledger.ts';
import { RedisSessionArchive } from '../store/redis-session-archive.ts';
import { RedisStore } from '../store/redis-store.ts';
import { RedisWebhooks } from '../store/redis-webhooks.ts';
import { parseEncryptionKeys, Seal } from '../store/seal.ts';
import type { Store } from '../store/store.ts';
import { meterBot, meterJournal } from '../telemetry/meter-ports.ts';
import { meterStore } from '../telemetry/meter-store.ts';
import { packageVersion } from './package-version.ts';

/** What every role of the program stands on: Redis's adapters, measured, and what goes with them. */
export type Ports = Awaited<ReturnType<typeof openPorts>>;

/** Opens nothing yet: Redis's connections open at their first command. `closers`: what to close, in the reverse order. Throws SealError, RedisUrlError. */
export async function openPorts(config: Config, log: Logger) {
  const [clock, random, prefix] = [systemClock, systemRandom, config.REDIS_PREFIX];
  const redis = openRedis(config, log);
  const place = { redis, prefix };
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const redisStore = new RedisStore({
    ...place,
    clock,
    newUid: randomUUID,
    replicas: config.REDIS_WAIT_REPLICAS,
  });
  const redisJournal = new RedisJournal({ ...place, clock, log });
  const store = meterStore(redisStore, metrics);
  const seal = new Seal(parseEncryptionKeys(config.ORQUESTA_ENCRYPTION_KEY));
  // Loaded for those alone who want traces.
  const tracing = config.OTEL_EXPORTER_OTLP_ENDPOINT
    ? (await import('../telemetry/tracing.ts')).startTracing({
        endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
        version: packageVersion(),
        role: config.ORQUESTA_ROLE,
      })
    : undefined;
  const closers: (() => Promise<void>)[] = [
    async () => redis.disconnect(),
    async () => redisStore.close(),
    async () => redisJournal.close(),
    ...(tracing ? [tracing.close] : []),
  ];
  return {
    config,
    log,
    clock,
    random,
    redis,
    prefix,
    registry,
    metrics,
    tracing,
    seal,
    store,
    tracedStore: (one: Store): Store => tracing?.store(one) ?? one,
    journal: meterJournal(redisJournal, metrics),
    objects: new StoreCache({ store, clock }),
    cloudView: new RedisCloudView({ ...place, newId: () => randomUUID().slice(0, 8) }),
    reports: new RedisControllerReports(place),
    ledger: new RedisLedger({ ...place, clock }),
    webhooks: new RedisWebhooks({ ...place, clock }),
    errands: new RedisErrands({ ...place, clock, newId: randomUUID, log }),
    sessions: new RedisSessionArchive({ ...place, seal }),
    bot: meterBot(new HttpBot({ dial: portMap(config.ORQUESTA_PORT_MAP_FILE) }), metrics),
    closers,
  };
}
