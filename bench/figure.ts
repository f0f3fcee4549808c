/** One measured number, with what it could be at the best and what it should be. */
export interface Figure {
  readonly section: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What no program could go below, of the same run and in the same unit. */
  readonly floor?: number | undefined;
  readonly least?: number | undefined;
  readonly most?: number | undefined;
  /** How it came about, in a few words. */
  readonly note?: string | undefined;
}

/** What a section found: figures, and what its plots are drawn from. */
export interface Findings {
  readonly figures: readonly Figure[];
  readonly plots?: readonly Plot[] | undefined;
}

export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

const meets = ({ value, least = Number.NEGATIVE_INFINITY, most }: Figure): boolean =>
  value >= least && (most === undefined || value <= most);

/** How many times the floor it is; undefined where there is none. */
const ratioOf = ({ value, floor }: Figure): number | undefined =>
  floor === undefined || floor === 0 ? undefined : value / floor;

/** For programs: each figure with its ratio to the floor, and whether it meets its target where it has one. Pure. */
export const judged = (figures: readonly Figure[]) =>
  figures.map((figure) => ({
    ...figure,
    ratio: ratioOf(figure),
    isMet: target(figure) === '' ? undefined : meets(figure),
  }));

/** By the nearest-rank method; 0 of nothing. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Short enough for a table, never in powers of ten. */
export const rounded = (value: number): string =>
  String(Number(value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3)));

function target({ least, most }: Pick<Figure, 'least' | 'most'>): string {
  if (most === undefined) return least === undefined ? '' : `>= ${rounded(least)}`;
  return least === undefined ? `<= ${rounded(most)}` : `${rounded(least)} to ${rounded(most)}`;
}

/** A table in Markdown, one line for each figure. Pure. */
export function table(figures: readonly Figure[]): string {
  const rows = judged(figures).map(
    ({ section, name, value, unit, floor, ratio, isMet, note, ...figure }) => [
      section,
      name,
      `${rounded(value)} ${unit}`.trimEnd(),
      floor === undefined ? '' : `${rounded(floor)} ${unit}`.trimEnd(),
      ratio === undefined ? '' : `${ratio.toFixed(2)} x`,
      target(figure),
      isMet === undefined ? '' : isMet ? 'ok' : 'MISSED',
      note ?? '',
    ],
  );
  const head = ['section', 'figure', 'measured', 'floor', 'ratio', 'target', '', 'how'];
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(head), rule, ...rows.map(line)].join('\n');
}
