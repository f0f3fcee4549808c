import { Hono } from 'hono';
import { z } from 'zod';
import { costOf, hoursOf, type LedgerEntry, unexplainedAmong } from '../../resources/ledger.ts';
import type { Prices } from '../../resources/price.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { messages } from './messages.ts';

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
type LedgerRow = z.infer<typeof ledgerRow>;

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

/** /api/ledger: what was requested, for whom, how long it was there, and what that costs. */
export function ledger({ ledger: book, cloudView, clock }: ApiDeps): Hono {
  const app = new Hono();
  app.get('/', async (c) => {
    const format = c.req.query('format');
    if (format !== undefined && format !== 'csv' && format !== 'json') {
      throw new ApiError(400, messages.ledgerFormat);
    }
    const [entries, priced, droplets, clusterId] = await Promise.all([
      book.all(),
      cloudView.prices(),
      cloudView.all(),
      cloudView.clusterId(),
    ]);
    const prices = priced?.prices ?? {};
    const now = clock.now();
    const rows = entries.map((entry) => rowOf(entry, prices, now));
    const wantsCsv = (c.req.header('accept') ?? '').includes('text/csv');
    if (format === 'csv' || (format === undefined && wantsCsv)) {
      c.header('content-type', 'text/csv; charset=utf-8; header=present');
      c.header('content-disposition', 'attachment; filename="ledger.csv"');
      return c.body(csvOf(rows));
    }
    const running = entries.filter(({ dropletId, to }) => dropletId !== undefined && !to);
    const answer: z.infer<typeof ledgerAnswer> = {
      success: true,
      data: {
        entries: rows,
        totals: {
          running: running.length,
          hours: rounded(sum(rows.map(({ hours }) => hours)), 3),
          costUsd: rounded(sum(rows.map(({ costUsd }) => costUsd ?? 0)), 4),
          costUsdPerMonthNow: rounded(
            sum(running.map(({ size }) => prices[size ?? '']?.usdPerMonth ?? 0)),
            2,
          ),
        },
        unexplained: unexplainedAmong(droplets, entries, clusterId),
      },
    };
    return c.json(answer);
  });
  return app;
}

function rowOf(entry: LedgerEntry, prices: Prices, now: number): LedgerRow {
  const price = prices[entry.size ?? ''];
  return {
    dropletId: entry.dropletId ?? null,
    name: entry.name,
    record: entry.record ?? null,
    size: entry.size ?? null,
    region: entry.region ?? null,
    requestedAt: entry.requestedAt,
    from: entry.from ?? null,
    to: entry.to ?? null,
    hours: rounded(hoursOf(entry, now), 3),
    usdPerHour: price?.usdPerHour ?? null,
    costUsd: price ? rounded(costOf(entry, price, now), 4) : null,
    origin: entry.origin,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const rounded = (number: number, digits: number): number => Number(number.toFixed(digits));

const COLUMNS = {
  dropletId: ({ dropletId }) => dropletId,
  name: ({ name }) => name,
  recordKind: ({ record }) => record?.kind,
  recordName: ({ record }) => record?.name,
  recordUid: ({ record }) => record?.uid,
  size: ({ size }) => size,
  region: ({ region }) => region,
  requestedAt: ({ requestedAt }) => requestedAt,
  from: ({ from }) => from,
  to: ({ to }) => to,
  hours: ({ hours }) => hours,
  usdPerHour: ({ usdPerHour }) => usdPerHour,
  costUsd: ({ costUsd }) => costUsd,
  origin: ({ origin }) => origin,
} satisfies Record<string, (row: LedgerRow) => string | number | null | undefined>;

/** RFC 4180: CRLF, and quotes where a field needs them. */
function csvOf(rows: readonly LedgerRow[]): string {
  const lines = rows.map((row) => Object.values(COLUMNS).map((column) => quoted(column(row))));
  return [Object.keys(COLUMNS), ...lines].map((fields) => `${fields.join(',')}\r\n`).join('');
}

/** A spreadsheet takes what begins like a formula for one: a name on the account may be anyone's. */
function quoted(field: string | number | null | undefined): string {
  if (typeof field !== 'string') return String(field ?? '');
  const safe = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
