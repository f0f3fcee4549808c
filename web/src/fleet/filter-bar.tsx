import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { messages } from '../i18n/index.ts';
import { Icon } from '../ui/icons.tsx';
import { type Filter, isFiltering, NO_FILTER, ORDERS, type Order } from './filter.ts';
import { classNames } from './fleet.ts';

export function FilterBar({ filter }: { readonly filter: Signal<Filter> }) {
  const text = messages.value.fleet;
  const id = useId();
  const search = useRef<HTMLInputElement>(null);
  /** On a narrow page the rest of the filters is folded away. */
  const isOpen = useSignal(filter.peek().className !== '' || filter.peek().labels !== '');
  const set = (change: Partial<Filter>) => {
    filter.value = { ...filter.value, ...change };
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof Element && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const { text: searched, className, labels, order } = filter.value;
  return (
    <search class={`filter-bar ${isOpen.value ? 'is-open' : ''}`} aria-label={text.filter}>
      <div class="filter filter-search">
        <label for={`${id}-search`}>{text.search}</label>
        <div class="input-icon">
          <Icon name="search" />
          <input
            ref={search}
            id={`${id}-search`}
            class="input"
            type="search"
            inputMode="search"
            autocomplete="off"
            placeholder={text.searchHint}
            value={searched}
            onInput={(event) => set({ text: event.currentTarget.value })}
          />
        </div>
      </div>
      <button
        type="button"
        class="button filter-toggle"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        <Icon name="settings" />
        {text.filter}
      </button>
      <div class="filter filter-more">
        <label for={`${id}-class`}>{text.class}</label>
        <select
          id={`${id}-class`}
          class="input"
          value={className}
          onChange={(event) => set({ className: event.currentTarget.value })}
        >
          <option value="">{text.anyClass}</option>
          {[...new Set([...classNames.value, className])].filter(Boolean).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="filter filter-more filter-labels">
        <label for={`${id}-labels`}>{text.label}</label>
        <input
          id={`${id}-labels`}
          class="input"
          type="text"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder={text.labelHint}
          value={labels}
          onInput={(event) => set({ labels: event.currentTarget.value })}
        />
      </div>
      <div class="filter filter-more">
        <label for={`${id}-order`}>{text.sort}</label>
        <select
          id={`${id}-order`}
          class="input"
          value={order}
          onChange={(event) => set({ order: event.currentTarget.value as Order })}
        >
          {ORDERS.map((one) => (
            <option key={one} value={one}>
              {text.sorts[one]}
            </option>
          ))}
        </select>
      </div>
      {isFiltering(filter.value) && (
        <button
          type="button"
          class="button button-quiet filter-clear"
          onClick={() => {
            filter.value = { ...NO_FILTER, order };
          }}
        >
          <Icon name="close" />
          {text.clear}
        </button>
      )}
    </search>
  );
}
