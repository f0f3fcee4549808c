import type { Bot } from '../bot/bot.ts';
import type { DigitalOceanDeps } from '../cloud/digitalocean.ts';
import { decorated } from '../decorate.ts';
import type { Metrics } from '../metrics.ts';
import type { WorkQueue } from '../queue/queue.ts';
import { type Shell, ShellError } from '../ssh/shell.ts';
import type { CloudView } from '../store/cloud-view.ts';
import type { Journal } from '../store/journal.ts';

/** A queue whose passes are counted and measured, by the kind of their key. */
export function meterQueue(queue: WorkQueue, metrics: Metrics): WorkQueue {
  return decorated(queue, {
    start: (reconcile, resync) =>
      queue.start(
        async (key, signal) => {
          const [kind = ''] = key.split('/');
          const end = metrics.passDuration.startTimer({ kind });
          let result = 'failed';
          try {
            const lookAgain = await reconcile(key, signal);
            result = signal.aborted ? 'aborted' : lookAgain === 0 ? 'settled' : 'again';
            return lookAgain;
          } catch (error) {
            if (signal.aborted) result = 'aborted';
            throw error;
          } finally {
            end();
            metrics.passes.inc({ kind, result });
          }
        },
        async () => {
          const keys = await resync();
          metrics.resyncs.inc();
          return keys;
        },
      ),
  });
}

/** Hears of every request to DigitalOcean. */
export const meterCloud =
  (metrics: Metrics): NonNullable<DigitalOceanDeps['onRequest']> =>
  ({ endpoint, code, durationMs }) => {
    metrics.cloudRequests.inc({ endpoint, code: String(code) });
    if (durationMs !== undefined) metrics.cloudDuration.observe({ endpoint }, durationMs / 1000);
  };

/** A view that measures sweeps. */
export function meterSweeps(view: CloudView, metrics: Metrics): CloudView {
  return decorated(view, {
    record: (sweep, droplets) => {
      metrics.sweepDuration.observe(Math.max(0, sweep.finishedAt - sweep.startedAt) / 1000);
      return view.record(sweep, droplets);
    },
  });
}

/** A shell whose sessions are measured, and their failures counted by cause. */
export function meterShell(shell: Shell, metrics: Metrics): Shell {
  return decorated(shell, {
    open: async (target, signal) => {
      const end = metrics.sshDuration.startTimer();
      try {
        const session = await shell.open(target, signal);
        end();
        return session;
      } catch (error) {
        if (error instanceof ShellError) metrics.sshFailures.inc({ cause: error.kind });
        throw error;
      }
    },
  });
}

/** A bot port that counts what looks told. */
export function meterBot(bot: Bot, metrics: Metrics): Bot {
  return decorated(bot, {
    check: async (address, signal) => {
      const report = await bot.check(address, signal);
      if (!signal.aborted) metrics.botChecks.inc({ result: report.healthy ? 'healthy' : 'sick' });
      return report;
    },
  });
}

/** A journal that counts the events which an operator must hear of. */
export function meterJournal(journal: Journal, metrics: Metrics): Journal {
  const counters = new Map([
    ['OrphanDeleted', metrics.orphansDeleted],
    ['DuplicateDeleted', metrics.duplicatesDeleted],
    ['DropletGone', metrics.dropletsGone],
    ['CreateOutcomeUnknown', metrics.createsUnknown],
  ]);
  return decorated(journal, {
    event: (about, type, reason, message) => {
      counters.get(reason)?.inc();
      return journal.event(about, type, reason, message);
    },
  });
}
