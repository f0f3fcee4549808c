import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';
import { authenticate } from '../api/access/authenticate.ts';
import { parseApiKeys } from '../api/access/keys.ts';
import { createApp } from '../api/app.ts';
import { readConsole } from '../api/console.ts';
import { readiness } from '../api/health.ts';
import { createStatusApp } from '../api/status-app.ts';
import { givenCertificate, ownNames, selfSigned } from '../certificate.ts';
import type { Config } from '../config.ts';
import type { BullmqQueue } from '../queue/bullmq-queue.ts';
import { listen } from '../serve.ts';
import { RedisAuditTrail } from '../store/redis-audit-trail.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { exposition } from '../telemetry/exposition.ts';
import { meterHttp } from '../telemetry/meter-http.ts';
import { imageOf } from './image-of.ts';
import { packageVersion } from './package-version.ts';
import type { Ports } from './ports.ts';

const OWN_CONSOLE = fileURLToPath(new URL('../../dist/web', import.meta.url));

/**
 * Listens for what the role answers: everything, or /metrics and the health of a controller. Answers the URL; undefined for a
 * controller that can't listen, which works all the same. What is to be closed joins `closers`. Rejects with a sentence.
 */
export async function startRequests(
  ports: Ports,
  queueDepth: (() => ReturnType<BullmqQueue['depth']>) | undefined,
): Promise<string | undefined> {
  const { config, clock, metrics, tracing, cloudView, reports, store, objects, ledger } = ports;
  const role = config.ORQUESTA_ROLE;
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
    streamsPerKey: config.API_STREAMS_PER_KEY,
  };
  const health = {
    ...facts,
    metrics: exposition(
      ports.registry,
      { ...facts, metrics, objects, ledger, queueDepth, readiness: () => readiness(facts) },
      config.METRICS_AUTH === 'key' ? authenticate(access) : undefined,
    ),
  };
  if (role === 'controller') return listenForStatus(createStatusApp(health), ports);
  const app = createApp({
    ...health,
    ...access,
    middleware: [...(tracing ? [tracing.middleware] : []), meterHttp(metrics)],
    store: ports.tracedStore(store),
    objects: new WatchCache({ store, cache: objects }),
    errands: ports.errands,
    webhooks: ports.webhooks,
    journal: ports.journal,
    cloudView,
    ledger,
    bot: ports.bot,
    random: ports.random,
    log: ports.log,
    image: imageOf(config),
    sessions: ports.sessions,
    audit: new RedisAuditTrail({ redis: ports.redis, prefix: ports.prefix }),
    newRequestId: randomUUID,
    console: readConsole(OWN_CONSOLE),
  });
  const api = await listen(app, await placeOf(config, clock.now()));
  ports.closers.push(api.close);
  return api.url;
}

/**
 * A controller works without being looked at: neither a port that is taken, as by another controller on this machine, nor a certificate
 * that can't be had stops it.
 */
async function listenForStatus(
  app: Hono,
  { closers, log, config, clock }: Ports,
): Promise<string | undefined> {
  try {
    const listening = await listen(app, await placeOf(config, clock.now()));
    closers.push(listening.close);
    return listening.url;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn(`This controller works, but answers no /metrics and no /readyz. ${why}`);
    return undefined;
  }
}

const placeOf = async (config: Config, now: number): Promise<Parameters<typeof listen>[1]> => ({
  host: config.HOST ?? defaultHost(),
  port: config.PORT,
  tls: await certificateOf(config, now),
});

/** The certificate that the port speaks HTTPS with, given or our own; none: HTTP. Rejects with a sentence. */
async function certificateOf(config: Config, now: number) {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_SELF_SIGNED_DIR: folder } = config;
  const isGiven = cert !== undefined && key !== undefined;
  try {
    if (isGiven) return givenCertificate(cert, key);
    return folder === undefined ? undefined : await selfSigned(folder, ownNames(config), now);
  } catch (cause) {
    const names = isGiven ? 'TLS_CERT_FILE and TLS_KEY_FILE' : 'TLS_SELF_SIGNED_DIR';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`There is no certificate by ${names}: ${why}`, { cause });
  }
}

const listOf = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A container's own loopback could be reached by nobody. */
const defaultHost = (): string =>
  existsSync('/.dockerenv') || existsSync('/run/.containerenv') ? '0.0.0.0' : '127.0.0.1';
