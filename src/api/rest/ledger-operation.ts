import { z } from 'zod';

const amount = z.number().nonnegative();

/** One droplet that was ever requested. Amounts are in USD; null where the price of the size is not known. */
const ledgerRow = z.object({
  /** null while DigitalOcean's answer to the create is not known. */
  dropletId: z.int().positive().nullable(),
  name: z.string(),
  /** null: no record is known that it was made for. */
  record: z.object({ kind: z.string(), name: z.string(), uid: z.string() }).nullable(),
  size: z.string().nullable(),
  region: z.string().nullable(),
  requestedAt: z.string(),
  from: z.string().nullable(),
  /** null while it is there. */
  to: z.string().nullable(),
  hours: amount,
  usdPerHour: amount.nullable(),
  costUsd: amount.nullable(),
  origin: z.enum(['created', 'adopted', 'found', 'orphan']),
});
export type LedgerRow = z.infer<typeof ledgerRow>;

/** What `GET /api/ledger` answers. */
export const ledgerAnswer = z.object({
  success: z.literal(true),
  data: z.object({
    entries: z.array(ledgerRow),
    totals: z.object({
      running: z.int().nonnegative(),
      hours: amount,
      costUsd: amount,
      /** What a whole month costs with what is there now. */
      costUsdPerMonthNow: amount,
    }),
    /** Droplets with our cluster tag that no entry ties to a record. */
    unexplained: z.int().nonnegative(),
  }),
});

export type LedgerAnswer = z.infer<typeof ledgerAnswer>;

export const getLedger = {
  id: 'getLedger',
  tag: 'Flota',
  summary: 'Cada droplet que se pidió: para quién, desde y hasta cuándo, y cuánto cuesta',
  description:
    'En CSV con `format=csv` o `Accept: text/csv`; su última línea dice cuántos droplets nadie explica.',
  query: z.strictObject({ format: z.enum(['json', 'csv']).optional() }),
  answers: {
    200: {
      description: 'El libro',
      content: {
        'application/json': {
          schema: ledgerAnswer,
          example: {
            success: true,
            data: {
              entries: [
                {
                  dropletId: 4711,
                  name: 'bot-573332221111',
                  record: { kind: 'Droplet', name: 'bot-573332221111', uid: '5b0c2a3e' },
                  size: 's-1vcpu-512mb-10gb',
                  region: 'sfo3',
                  requestedAt: '2026-01-31T12:00:00.000Z',
                  from: '2026-01-31T12:00:01.000Z',
                  to: null,
                  hours: 24.5,
                  usdPerHour: 0.00595,
                  costUsd: 0.1458,
                  origin: 'created',
                },
              ],
              totals: { running: 1, hours: 24.5, costUsd: 0.1458, costUsdPerMonthNow: 4 },
              unexplained: 0,
            },
          },
        },
        'text/csv': { example: 'dropletId,name\r\n4711,bot-573332221111\r\n,unexplained: 0\r\n' },
      },
    },
  },
} as const;
