import { setFlagsFromString } from 'node:v8';

/** How much the heap may grow, in percent of what was alive at the last collection, before the next one. */
const GROWTH_PERCENT = 50;

/**
 * Has V8 collect garbage before it lies about in heaps: by itself it lets the heap grow by up to four times when the machine
 * has memory to spare, and looks at ten thousand bots leave twice of what is alive (docs/performance.md). V8 reads the flag
 * at the end of each collection.
 */
export function boundGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
