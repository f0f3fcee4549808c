/** Draws from one seed: the same seed gives the same draws everywhere. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, end). */
  below(end: number): number;
  one<T>(of: readonly T[]): T;
  /** True so many times in 1. */
  is(share: number): boolean;
  times<T>(most: number, make: () => T): readonly T[];
}

/** Mulberry32. */
export function chanceOf(seed: number): Chance {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    one: <T>(of: readonly T[]): T => of[below(of.length)] as T,
    is: (share) => next() < share,
    times: (most, make) => Array.from({ length: below(most + 1) }, make),
  };
}
