import { Hono, type MiddlewareHandler } from 'hono';
import type { Clock } from '../clock.ts';
import type { CloudAccess, CloudView, Sweep } from '../store/cloud-view.ts';
import type { ControllerReports } from '../store/controller-reports.ts';
import { StoreError } from '../store/store.ts';
import type { WithCaller } from './access/authenticate.ts';
import {
  type Check,
  getHealthz,
  getLivez,
  getMetrics,
  getReadyz,
  getVersion,
} from './health-operations.ts';
import { operation } from './openapi/operation.ts';

export interface HealthDeps {
  readonly cloudView: Pick<CloudView, 'access' | 'lastSweep'>;
  readonly reports: Pick<ControllerReports, 'lastResync'>;
  readonly clock: Clock;
  readonly version: string;
  /** When this process began; ms since the epoch. */
  readonly startedAt: number;
  /**
   * What this process does. Where it takes requests, trouble of the controllers is told and is no reason to turn requests
   * away; where it takes work, being stuck is a reason to be restarted.
   */
  readonly serves: { readonly requests: boolean; readonly work: boolean };
  readonly metrics: Exposition;
}

/** What `/metrics` answers. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
  /** Who may read it; absent: all. */
  readonly guard?: MiddlewareHandler<WithCaller> | undefined;
}

/** Kubernetes gives a probe one second. */
const LIVENESS_MS = 500;
/** All keys are named to the queue once a minute: five times missed is no delay any more. */
const STUCK_MS = 300_000;
/** The account is listed each 30 s, and less often only while DigitalOcean limits us. */
const STALE_SWEEP_MS = 300_000;

/** Liveness, readiness with reasons, and the version: open to all. */
export function health(deps: HealthDeps): Hono<WithCaller> {
  const { reports, clock, version, serves, metrics } = deps;
  const app = new Hono<WithCaller>();
  const getHealth = operation(getHealthz, (c) => c.text('ok'));
  app.get('/healthz', getHealth);
  const getLife = operation(getLivez, async (c) => {
    // While Redis is slow to answer, it is Redis' trouble.
    const patience = clock.sleep(LIVENESS_MS).then(() => undefined);
    const why = serves.work ? await Promise.race([stuck(), patience]) : undefined;
    return why === undefined ? c.text('ok') : c.text(why, 503);
  });
  app.get('/livez', getLife);
  if (metrics.guard) app.use('/metrics', metrics.guard);
  const tellMetrics = operation(getMetrics, async (c) => {
    const text = await metrics.text();
    return c.body(text, 200, { 'content-type': metrics.contentType });
  });
  app.get('/metrics', tellMetrics);
  const tellVersion = operation(getVersion, (c) => c.json(versionOf(version)));
  app.get('/version', tellVersion);
  const getReadiness = operation(getReadyz, async (c) => {
    const checks = await readiness(deps);
    const isReady = Object.values(checks).every((check) => check.ok);
    return c.json({ ready: isReady, checks }, isReady ? 200 : 503);
  });
  app.get('/readyz', getReadiness);

  /** A restart brings back a queue that has fallen silent, but no Redis that is away. */
  async function stuck(): Promise<string | undefined> {
    try {
      const check = resyncCheck(await reports.lastResync(), deps);
      return check.ok ? undefined : check.message;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return undefined;
    }
  }
  return app;
}

/** Whether the process can do its work, check by check. */
export async function readiness(
  deps: Omit<HealthDeps, 'metrics'>,
): Promise<Readonly<Record<string, Check>>> {
  const { cloudView, reports, clock, serves } = deps;
  try {
    const [access, sweep, resync] = await Promise.all([
      cloudView.access(),
      cloudView.lastSweep(),
      reports.lastResync(),
    ]);
    const told = (check: Check): Check => (serves.requests ? { ...check, ok: true } : check);
    return {
      redis: { ok: true, message: 'Redis answers' },
      cloud: cloudCheck(access),
      sweep: told(sweepCheck(sweep, clock.now())),
      resync: told(resyncCheck(resync, deps)),
    };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { redis: { ok: false, message: error.message } };
  }
}

/** Without access no droplet is made or deleted: whoever routes requests here should know. */
function cloudCheck(access: CloudAccess | undefined): Check {
  if (access === undefined) return { ok: true, message: 'DigitalOcean has not been asked yet' };
  return { ok: access.ok, message: access.ok ? 'DigitalOcean takes the token' : access.message };
}

/** How fresh our picture of the account is. */
function sweepCheck(sweep: Sweep | undefined, now: number): Check {
  if (sweep === undefined) return { ok: true, message: 'The account has not been listed yet' };
  const ageMs = Math.max(0, now - sweep.finishedAt);
  const message = `The account was listed ${Math.round(ageMs / 1000)} s ago`;
  return { ok: ageMs <= STALE_SWEEP_MS, message };
}

/** Whether any controller takes work from the queue. */
function resyncCheck(
  at: number | undefined,
  { clock, startedAt }: Pick<HealthDeps, 'clock' | 'startedAt'>,
): Check {
  const now = clock.now();
  // Nobody may have been there before us.
  const silentMs = Math.max(0, now - Math.max(at ?? 0, startedAt));
  if (silentMs > STUCK_MS) {
    const message = `No controller has taken work for ${Math.round(silentMs / 1000)} s: see that one runs, and restart one that is stuck`;
    return { ok: false, message };
  }
  if (at === undefined) return { ok: true, message: 'No controller has taken work yet' };
  const ageSeconds = Math.max(0, Math.round((now - at) / 1000));
  return { ok: true, message: `All objects were looked through ${ageSeconds} s ago` };
}

/** Our version, and the one of Kubernetes' API that is spoken: some kubectl choose by `minor` the client that they run. */
const versionOf = (version: string) => ({
  version,
  major: '1',
  minor: '33',
  gitVersion: `v1.33.0+orquesta.${version}`,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
});
