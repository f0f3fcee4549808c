import { z } from 'zod';
import { PHASES } from '../../resources/phase.ts';
import { json } from '../openapi/answers.ts';

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
export type FleetAnswer = z.infer<typeof fleetAnswer>;

export const getFleet = {
  id: 'getFleet',
  tag: 'Flota',
  summary: 'Toda la flota de un vistazo: fases, presupuesto, frenos, controladores',
  answers: {
    200: json('La flota', fleetAnswer, {
      success: true,
      data: {
        phases: {
          creating_droplet: 1,
          waiting_for_ssh: 0,
          initializing: 2,
          completed: 97,
          failed: 0,
          deleting: 0,
        },
        total: 100,
        budget: { minute: { limit: 165, left: 160 }, hour: { limit: 500, left: 481 } },
        brakes: { repairs: null, replacements: null },
        sweep: { ageSeconds: 2 },
        access: { ok: true, message: '' },
        controllers: [{ id: 'host-1/4711', seenAt: '2026-01-31T12:00:00.000Z' }],
      },
    }),
  },
} as const;
