const FIRST_MS = 1_000;
const MOST_MS = 30_000;

/** How long to wait before another try, in ms. `failures`: in a row, from 1. `random`: from 0 to 1; spreads many dashboards. Pure. */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(full / 2 + (full / 2) * random);
}
