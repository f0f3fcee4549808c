/** One page of a list, as far as it tells of the others. DigitalOcean: `meta.total` counts all pages, and links name those that there are. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Of all pages. */
  readonly total?: number | undefined;
  /** The highest number of a page that its links name; 0: they name none, so that it is the only one. */
  readonly lastLinked?: number | undefined;
}

export interface Pages<T> {
  /** In the order of the pages. */
  readonly items: readonly T[];
  /** The count stood still: nothing came or went between two pages, as far as they tell. */
  readonly isSteady: boolean;
  /** By the first page's count; 0 where it tells none. */
  readonly total: number;
}

/** DigitalOcean's largest page. */
export const PAGE_SIZE = 200;
/** What it gives to those who ask for no size. */
const SHORT_PAGE = 20;
const PAGES_AT_ONCE = 4;

/**
 * Reads a whole list, the further pages some at a time. Either sign of further pages is believed, the count or the links, for a
 * proxy or a change of the API may take one away or make pages shorter than asked for. Rejects as `ask` does, and calls
 * `onGivenUp` then: when one page fails, the others are of no use.
 */
export async function readPages<T>(
  ask: (page: number) => Promise<Page<T>>,
  onGivenUp: () => void = () => {},
): Promise<Pages<T>> {
  const first = await ask(1);
  const read = [first];
  let last = lastTold(first, 1);
  try {
    while (read.length < last) {
      const from = read.length + 1;
      const count = Math.min(PAGES_AT_ONCE, last - read.length);
      const some = await Promise.all(Array.from({ length: count }, (_, i) => ask(from + i)));
      for (const page of some) {
        read.push(page);
        if (page.items.length > 0) last = Math.max(last, lastTold(page, read.length));
      }
      // An empty page ends every list, whatever else is said of its length.
      if (some.some(({ items }) => items.length === 0)) break;
    }
  } catch (error) {
    onGivenUp();
    throw error;
  }
  return {
    items: read.flatMap(({ items }) => items),
    // A list that ended before it should tells nothing of what it lacks.
    isSteady: read.length >= last && new Set(read.flatMap(({ total }) => total ?? [])).size <= 1,
    total: first.total ?? 0,
  };
}

/** The number of the last page, as far as this one, the `number`th, tells. */
function lastTold<T>({ items, total, lastLinked }: Page<T>, number: number): number {
  if (total === undefined && lastLinked === undefined) {
    return items.length >= PAGE_SIZE ? number + 1 : number;
  }
  // Without links nothing but its length tells that a page is shorter than asked for.
  const isShort = lastLinked === undefined && number === 1 && items.length < (total ?? 0);
  const size = isShort ? Math.min(PAGE_SIZE, Math.max(items.length, SHORT_PAGE)) : PAGE_SIZE;
  return Math.max(number, lastLinked ?? 0, Math.ceil((total ?? 0) / size));
}
