import type { MiddlewareHandler } from 'hono';
import type { Bot } from '../bot/bot.ts';
import type { Clock, Random } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { AuditTrail } from '../store/audit-trail.ts';
import type { CloudView } from '../store/cloud-view.ts';
import type { ControllerReports } from '../store/controller-reports.ts';
import type { Errands } from '../store/errands.ts';
import type { Journal } from '../store/journal.ts';
import type { Ledger } from '../store/ledger.ts';
import type { SessionArchive } from '../store/session-archive.ts';
import type { Store } from '../store/store.ts';
import type { WatchCache } from '../store/watch-cache.ts';
import type { Webhooks } from '../store/webhooks.ts';
import type { AccessDeps } from './access/authenticate.ts';
import type { ConsoleFiles } from './console.ts';
import type { HealthDeps } from './health.ts';

export interface ApiDeps extends HealthDeps, AccessDeps {
  readonly store: Store;
  /** The store in memory: for lists, for being told of changes, and for counting. */
  readonly objects: WatchCache;
  readonly journal: Journal;
  readonly audit: AuditTrail;
  readonly sessions: SessionArchive;
  readonly cloudView: CloudView;
  readonly webhooks: Pick<Webhooks, 'records'>;
  readonly errands: Pick<Errands, 'ask'>;
  readonly reports: ControllerReports;
  readonly ledger: Ledger;
  readonly bot: Bot;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Image of single droplets that name none: a slug or a snapshot's id. Absent: the schema's default. */
  readonly image?: string | number | undefined;
  /** Stands around everything else: measures, traces. */
  readonly middleware?: readonly MiddlewareHandler[] | undefined;
  readonly newRequestId: () => string;
  /** The dashboard; undefined where it has not been built. */
  readonly console?: ConsoleFiles | undefined;
}
