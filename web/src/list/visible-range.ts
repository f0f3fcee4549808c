/** The part of a long list that is worth drawing: rows `first` up to, not including, `end`. */
export interface VisibleRange {
  readonly first: number;
  readonly end: number;
}

/** Rows beyond the edges, so that a quick scroll or the next Tab finds them there. */
const OVERSCAN = 8;

/**
 * Which rows of equal height a window shows. `top`: how far the window's upper edge is below that of the list, negative
 * while the list begins lower; `height`: of the window. All in CSS pixels. Pure.
 */
export function visibleRange(list: {
  readonly count: number;
  readonly rowHeight: number;
  readonly top: number;
  readonly height: number;
}): VisibleRange {
  const { count, rowHeight, top, height } = list;
  const within = (row: number): number => Math.min(Math.max(0, row), count);
  return {
    first: within(Math.floor(top / rowHeight) - OVERSCAN),
    end: within(Math.ceil((top + height) / rowHeight) + OVERSCAN),
  };
}
