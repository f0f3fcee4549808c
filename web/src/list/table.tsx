import { useSignal } from '@preact/signals';
import type { ComponentChild, ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { moveAmongRows } from './row-keys.ts';
import { visibleRange } from './visible-range.ts';

/**
 * A table of thousands of rows that scrolls with the page and draws only those near the window. Rows have one height, which
 * the style sheet gives as --row-height. Not a <table>, whose layout would read every row; the roles make it one to a
 * screen reader.
 */
export function VirtualTable<T>(props: {
  readonly label: string;
  readonly class: string;
  readonly columns: readonly { readonly name: string; readonly title: string }[];
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** A `Row` of `Cell`s. */
  readonly render: (item: T, index: number) => ComponentChild;
}) {
  const { label, columns, items } = props;
  return (
    <div
      role="table"
      class={`table-box ${props.class}`}
      aria-label={label}
      aria-rowcount={items.length + 1}
      onKeyDown={moveAmongRows}
    >
      <div role="rowgroup" class="table-head">
        <div role="row" class="row" aria-rowindex={1}>
          {columns.map(({ name, title }) => (
            <div role="columnheader" key={name} class={`cell-${name}`}>
              {title}
            </div>
          ))}
        </div>
      </div>
      <Rows items={items} keyOf={props.keyOf} render={props.render} />
    </div>
  );
}

function Rows<T>(props: {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly render: (item: T, index: number) => ComponentChild;
}) {
  const { items, keyOf, render } = props;
  const box = useRef<HTMLDivElement>(null);
  const seen = useSignal({ top: 0, height: innerHeight, rowHeight: 68 });

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      const top = -element.getBoundingClientRect().top;
      const style = getComputedStyle(element);
      const rowHeight = Number.parseFloat(style.getPropertyValue('--row-height'));
      const was = seen.peek();
      // Some rows may pass by before it is worth drawing anew.
      const isSame =
        Math.abs(was.top - top) < rowHeight * 2 &&
        was.height === innerHeight &&
        was.rowHeight === rowHeight;
      if (!isSame) seen.value = { top, height: innerHeight, rowHeight };
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    const moved = new ResizeObserver(look);
    moved.observe(document.body);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
      moved.disconnect();
    };
  }, [seen]);

  const { rowHeight } = seen.value;
  const { first, end } = visibleRange({ count: items.length, ...seen.value });
  return (
    <div ref={box} role="rowgroup" class="rows" style={{ height: `${items.length * rowHeight}px` }}>
      {items.slice(first, end).map((item, index) => (
        <div
          key={keyOf(item)}
          class="row-place"
          role="presentation"
          style={{ transform: `translateY(${(first + index) * rowHeight}px)` }}
        >
          {render(item, first + index)}
        </div>
      ))}
    </div>
  );
}

/** `index`: from 0, among all rows. */
export const Row = (props: {
  readonly index: number;
  readonly class?: string;
  readonly children: ComponentChildren;
}) => (
  <div role="row" class={`row ${props.class ?? ''}`} aria-rowindex={props.index + 2}>
    {props.children}
  </div>
);

export const Cell = (props: {
  /** The column's. */
  readonly name: string;
  readonly lang?: string | undefined;
  readonly title?: string;
  readonly children: ComponentChildren;
}) => (
  <div role="cell" class={`cell-${props.name}`} lang={props.lang} title={props.title}>
    {props.children}
  </div>
);
