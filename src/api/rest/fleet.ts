import { Hono } from 'hono';
import { PHASES } from '../../resources/phase.ts';
import type { ControllerReport } from '../../store/controller-reports.ts';
import type { ApiDeps } from '../deps.ts';
import { operation } from '../openapi/operation.ts';
import { type FleetAnswer, getFleet } from './fleet-operation.ts';
import { viewOf } from './instance-view.ts';

/** /api/fleet: the whole fleet at a glance. */
export function fleet({ objects, cloudView, reports, clock }: ApiDeps): Hono {
  const app = new Hono();
  const look = operation(getFleet, async (c) => {
    const [alive, sweep, access] = await Promise.all([
      reports.alive(),
      cloudView.lastSweep(),
      cloudView.access(),
    ]);
    const instances = objects.list('Instance').items;
    const phases = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<
      (typeof PHASES)[number],
      number
    >;
    for (const instance of instances) phases[viewOf(instance).status] += 1;
    const answer: FleetAnswer = {
      success: true,
      data: {
        phases,
        total: instances.length,
        budget: latest(alive)?.budget ?? null,
        brakes: {
          repairs: firstOf(alive, 'repairs'),
          replacements: firstOf(alive, 'replacements'),
        },
        sweep: {
          ageSeconds: sweep
            ? Math.max(0, Math.round((clock.now() - sweep.finishedAt) / 1000))
            : null,
        },
        access: { ok: access?.ok ?? true, message: access?.message ?? '' },
        controllers: alive.map(({ id, seenAt }) => ({
          id,
          seenAt: new Date(seenAt).toISOString(),
        })),
      },
    };
    return c.json(answer);
  });
  app.get('/', look);
  return app;
}

/** All share one budget: whoever told last knows best. */
const latest = (reports: readonly ControllerReport[]): ControllerReport | undefined =>
  reports
    .filter(({ budget }) => budget !== undefined)
    .sort((a, b) => b.seenAt - a.seenAt)
    .at(0);

/** A controller that saw an outage holds only its own repairs; one is reason enough to say so. */
const firstOf = (
  reports: readonly ControllerReport[],
  brake: keyof ControllerReport['brakes'],
): string | null => reports.map(({ brakes }) => brakes[brake]).find((why) => why !== null) ?? null;
