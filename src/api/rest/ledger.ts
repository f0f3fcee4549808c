import { Hono } from 'hono';
import { costOf, hoursOf, type LedgerEntry, unexplainedAmong } from '../../resources/ledger.ts';
import type { Prices } from '../../resources/price.ts';
import type { ApiDeps } from '../deps.ts';
import { operation } from '../openapi/operation.ts';
import { getLedger, type LedgerAnswer, type LedgerRow } from './ledger-operation.ts';

/** /api/ledger: what was requested, for whom, how long it was there, and what that costs. */
export function ledger({ ledger: book, cloudView, clock }: ApiDeps): Hono {
  const app = new Hono();
  const answerLedger = operation(getLedger, async (c, { query: { format } }) => {
    const [entries, priced, droplets, clusterId] = await Promise.all([
      book.all(),
      cloudView.prices(),
      cloudView.all(),
      cloudView.clusterId(),
    ]);
    const prices = priced?.prices ?? {};
    const now = clock.now();
    const rows = entries.map((entry) => rowOf(entry, prices, now));
    const unexplained = unexplainedAmong(droplets, entries, clusterId);
    const wantsCsv = (c.req.header('accept') ?? '').includes('text/csv');
    if (format === 'csv' || (format === undefined && wantsCsv)) {
      c.header('content-type', 'text/csv; charset=utf-8; header=present');
      c.header('content-disposition', 'attachment; filename="ledger.csv"');
      return c.body(csvOf(rows, unexplained));
    }
    const running = entries.filter(({ dropletId, to }) => dropletId !== undefined && !to);
    const answer: LedgerAnswer = {
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
        unexplained,
      },
    };
    return c.json(answer);
  });
  app.get('/', answerLedger);
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

/** RFC 4180: CRLF, and quotes where a field needs them. The last line tells how many droplets no entry explains; it has as many fields as the others. */
function csvOf(rows: readonly LedgerRow[], unexplained: number): string {
  const names = Object.keys(COLUMNS);
  const lines = rows.map((row) => Object.values(COLUMNS).map((column) => quoted(column(row))));
  const last = names.map((name) => (name === 'name' ? `unexplained: ${unexplained}` : ''));
  return [names, ...lines, last].map((fields) => `${fields.join(',')}\r\n`).join('');
}

/** A spreadsheet takes what begins like a formula for one: a name on the account may be anyone's. */
function quoted(field: string | number | null | undefined): string {
  if (typeof field !== 'string') return String(field ?? '');
  const safe = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
