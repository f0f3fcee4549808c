import { Hono } from 'hono';
import { z } from 'zod';
import { PHASES } from '../../resources/phase.ts';
import type { ControllerReport } from '../../store/controller-reports.ts';
import type { ApiDeps } from '../deps.ts';
import { viewOf } from './instance-view.ts';

const count = z.int().nonnegative();
const window = z.object({
  /** Requests that may be sent at once when the window is full. */
  limit: count,
  left: count,
});

/** What `GET /api/fleet` answers. */
export const fleetAnswer = z.object({
  success: z.literal(true),
  data: z.object({
    phases: z.record(z.enum(PHASES), count),
    total: count,
    /** null while no controller has told. */
    budget: z.object({ minute: window, hour: window }).nullable(),
    /** A sentence while repairs, or the replacement of droplets, are held. */
    brakes: z.object({ repairs: z.string().nullable(), replacements: z.string().nullable() }),
    /** Since the end of the account's last listing; null before the first. */
    sweep: z.object({ ageSeconds: z.number().nonnegative().nullable() }),
    /** Whether DigitalOcean takes the token; when not, its own words. */
    access: z.object({ ok: z.boolean(), message: z.string() }),
    controllers: z.array(z.object({ id: z.string(), seenAt: z.iso.datetime() })),
  }),
});
type FleetAnswer = z.infer<typeof fleetAnswer>;

/** /api/fleet: the whole fleet at a glance. */
export function fleet({ objects, cloudView, reports, clock }: ApiDeps): Hono {
  const app = new Hono();
  app.get('/', async (c) => {
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
