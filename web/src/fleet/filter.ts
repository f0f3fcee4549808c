import { PHASES, type Phase } from '../../../src/resources/phase.ts';
import type { InstanceRow } from './standing.ts';

export const ORDERS = ['newest', 'attention', 'number'] as const;
export type Order = (typeof ORDERS)[number];

/** Which instances are shown, and in which order. */
export interface Filter {
  /** Part of a number or of an address. */
  readonly text: string;
  /** Empty: every phase. */
  readonly phases: readonly Phase[];
  /** Empty: every class. */
  readonly className: string;
  /** A label selector as kubectl takes it: `a=b`, `a!=b`, `a`, `!a`, with commas between. */
  readonly labels: string;
  readonly order: Order;
}

export const NO_FILTER: Filter = {
  text: '',
  phases: [],
  className: '',
  labels: '',
  order: 'newest',
};

/** The filter of an address's query, like `phase=failed&q=573`. What makes no sense counts for nothing. Pure. */
export function parseFilter(query: string): Filter {
  const given = new URLSearchParams(query);
  const order = given.get('order');
  return {
    text: given.get('q') ?? '',
    phases: PHASES.filter((phase) => given.getAll('phase').includes(phase)),
    className: given.get('class') ?? '',
    labels: given.get('labels') ?? '',
    order: ORDERS.find((one) => one === order) ?? NO_FILTER.order,
  };
}

/** The query of a filter: `parseFilter` the other way. Pure. */
export function queryOf({ text, phases, className, labels, order }: Filter): string {
  const query = new URLSearchParams();
  if (text) query.set('q', text);
  for (const phase of phases) query.append('phase', phase);
  if (className) query.set('class', className);
  if (labels) query.set('labels', labels);
  if (order !== NO_FILTER.order) query.set('order', order);
  return query.toString();
}

export const isFiltering = (filter: Filter): boolean =>
  queryOf({ ...filter, order: NO_FILTER.order }) !== '';

/** The rows that fit, in order. Pure. */
export function select(rows: Iterable<InstanceRow>, filter: Filter): readonly InstanceRow[] {
  const fitsText = textTest(filter.text);
  const fitsLabels = labelTest(filter.labels);
  const found = [...rows].filter(
    (row) =>
      (filter.phases.length === 0 || filter.phases.includes(row.phase)) &&
      (filter.className === '' || row.className === filter.className) &&
      fitsText(row) &&
      fitsLabels(row.labels),
  );
  return found.sort(ORDERING[filter.order]);
}

/** People write numbers with plus signs, spaces and dashes. */
function textTest(text: string): (row: InstanceRow) => boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return () => true;
  const digits = wanted.replace(/[\s+()-]/g, '');
  const isNumber = /^\d+$/.test(digits);
  return ({ number, name, ip }) =>
    (isNumber && number.includes(digits)) ||
    name.includes(wanted) ||
    (ip?.includes(wanted) ?? false);
}

function labelTest(selector: string): (labels: InstanceRow['labels']) => boolean {
  const tests = selector
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part): ((labels: InstanceRow['labels']) => boolean) => {
      const [, key = '', operator, value = ''] =
        /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(part) ?? [];
      if (operator === '!=') return (labels) => labels[key] !== value;
      if (operator) return (labels) => labels[key] === value;
      if (part.startsWith('!')) return (labels) => !(part.slice(1) in labels);
      return (labels) => part in labels;
    });
  return (labels) => tests.every((test) => test(labels));
}

const byNumber = (a: InstanceRow, b: InstanceRow): number =>
  a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
const byNewest = (a: InstanceRow, b: InstanceRow): number =>
  a.createdAt === b.createdAt ? byNumber(a, b) : a.createdAt < b.createdAt ? 1 : -1;

/** Failures first, then what is on its way, then what rests. */
const URGENCY: Readonly<Record<Phase, number>> = {
  failed: 0,
  creating_droplet: 1,
  waiting_for_ssh: 1,
  initializing: 1,
  deleting: 2,
  completed: 3,
};

const ORDERING: Readonly<Record<Order, (a: InstanceRow, b: InstanceRow) => number>> = {
  newest: byNewest,
  number: byNumber,
  attention: (a, b) => URGENCY[a.phase] - URGENCY[b.phase] || byNewest(a, b),
};

/** How many stand in each phase. Pure. */
export function countByPhase(rows: Iterable<InstanceRow>): Readonly<Record<Phase, number>> {
  const counts = {
    creating_droplet: 0,
    waiting_for_ssh: 0,
    initializing: 0,
    completed: 0,
    failed: 0,
    deleting: 0,
  };
  for (const { phase } of rows) counts[phase]++;
  return counts;
}
