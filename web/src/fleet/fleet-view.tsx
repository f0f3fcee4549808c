import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { fleetReport } from '../api/calls.ts';
import { useLive } from '../api/use-live.ts';
import { messages } from '../i18n/index.ts';
import { VirtualTable } from '../list/table.tsx';
import { hrefOf, parseRoute } from '../route.ts';
import { mayChange } from '../session/role.ts';
import { Icon } from '../ui/icons.tsx';
import { Placeholder, Skeleton } from '../ui/state.tsx';
import { isFiltering, parseFilter, queryOf, select } from './filter.ts';
import { FilterBar } from './filter-bar.tsx';
import { instances, rows } from './fleet.ts';
import { FleetRow } from './fleet-row.tsx';
import { FleetNotices, FleetSummary } from './fleet-summary.tsx';

const REPORT_EVERY_MS = 5_000;
const COLUMNS = ['number', 'phase', 'doing', 'whatsapp', 'class', 'age'] as const;

export function FleetView({ query }: { readonly query: string }) {
  const text = messages.value.fleet;
  const filter = useSignal(parseFilter(query));
  const report = useLive(fleetReport, 'fleet', REPORT_EVERY_MS);

  // The address tells the filter, so that it can be kept and passed on; typing makes no new entries of the history.
  const written = useRef(query);
  useEffect(() => {
    if (query === written.current) return;
    written.current = query;
    filter.value = parseFilter(query);
  }, [query, filter]);
  useSignalEffect(() => {
    const next = queryOf(filter.value);
    if (next === written.current) return;
    // This runs a frame later: whoever has left meanwhile must not be brought back.
    if (parseRoute(location.hash).view !== 'fleet') return;
    written.current = next;
    history.replaceState(null, '', hrefOf({ view: 'fleet', query: next }));
  });

  const shown = useComputed(() => select(rows.value, filter.value));
  const total = rows.value.length;
  const count = shown.value.length;
  const isKnown = instances.value !== undefined;

  return (
    <>
      <div class="title-row">
        <h1>
          {text.title}
          <span class="title-count" aria-live="polite">
            {isKnown && (count === total ? text.total(total) : text.shown(count, total))}
          </span>
        </h1>
        {mayChange.value && (
          <a class="button button-primary wide-only" href={hrefOf({ view: 'create' })}>
            <Icon name="plus" />
            {messages.value.nav.create}
          </a>
        )}
      </div>
      <FleetNotices report={report} />
      <FleetSummary report={report} filter={filter} />
      <FilterBar filter={filter} />
      {!isKnown ? (
        <Skeleton lines={8} />
      ) : total === 0 ? (
        <Placeholder icon="phone" title={text.emptyTitle} text={text.emptyText}>
          {mayChange.value && (
            <a class="button" href={hrefOf({ view: 'create' })}>
              {messages.value.nav.create}
            </a>
          )}
        </Placeholder>
      ) : count === 0 ? (
        <Placeholder icon="search" title={text.noMatchTitle} text={text.noMatchText}>
          {isFiltering(filter.value) && (
            <button
              type="button"
              class="button"
              onClick={() => {
                filter.value = parseFilter('');
              }}
            >
              {text.clear}
            </button>
          )}
        </Placeholder>
      ) : (
        <VirtualTable
          label={text.title}
          class="fleet-table"
          columns={COLUMNS.map((name) => ({ name, title: text.columns[name] }))}
          items={shown.value}
          keyOf={({ name }) => name}
          render={(row, index) => <FleetRow row={row} index={index} />}
        />
      )}
    </>
  );
}
