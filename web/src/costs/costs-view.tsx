import { useComputed, useSignal } from '@preact/signals';
import { type Ledger, type LedgerEntry, ledger, ledgerCsv } from '../api/calls.ts';
import { useLive } from '../api/use-live.ts';
import { countText, dateText, durationText, moneyText } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { Cell, Row, VirtualTable } from '../list/table.tsx';
import { language } from '../preferences.ts';
import { hrefOf } from '../route.ts';
import { Checkbox } from '../ui/field.tsx';
import { Icon } from '../ui/icons.tsx';
import { saveText } from '../ui/save-text.ts';
import { sentenceOf } from '../ui/sentence-of.ts';
import { Banner, Failure, Placeholder, Skeleton } from '../ui/state.tsx';
import { say } from '../ui/toasts.tsx';

const EVERY_MS = 15_000;
const COLUMNS = ['droplet', 'record', 'size', 'from', 'to', 'hours', 'cost'] as const;

/** Every droplet that was ever asked for, and what it costs. */
export function CostsView() {
  const text = messages.value.costs;
  const { value, error, reload } = useLive(ledger, 'ledger', EVERY_MS);
  const download = async () => {
    try {
      saveText('orquesta-ledger.csv', await ledgerCsv(), 'text/csv');
    } catch (failure) {
      say(messages.value.instance.actionFailed(sentenceOf(failure)), 'bad');
    }
  };
  return (
    <>
      <div class="title-row">
        <h1>{text.title}</h1>
        <button type="button" class="button" onClick={() => void download()}>
          <Icon name="download" />
          {text.csv}
        </button>
      </div>
      <p class="lead">{text.lead}</p>
      {value ? (
        <>
          <Totals of={value} />
          <Entries entries={value.entries} />
        </>
      ) : error ? (
        <Failure title={text.failed} error={error} onRetry={reload} />
      ) : (
        <Skeleton lines={8} />
      )}
    </>
  );
}

function Totals({ of: { totals, unexplained } }: { readonly of: Ledger }) {
  const text = messages.value.costs;
  const figures = [
    [text.running, countText(totals.running, language.value)],
    [text.monthly, moneyText(totals.costUsdPerMonthNow, language.value)],
    [text.total, moneyText(totals.costUsd, language.value)],
    [text.hours, countText(Math.round(totals.hours * 10) / 10, language.value)],
    [
      unexplained === 0 ? text.unexplainedNone : text.unexplained,
      countText(unexplained, language.value),
    ],
  ] as const;
  return (
    <>
      {unexplained > 0 && <Banner tone="danger" title={text.unexplainedSome} />}
      <dl class="figures">
        {figures.map(([name, figure]) => (
          <div key={name} class="figure">
            <dt>{name}</dt>
            <dd>{figure}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Entries({ entries }: { readonly entries: readonly LedgerEntry[] }) {
  const text = messages.value.costs;
  const search = useSignal('');
  const isRunningOnly = useSignal(false);
  const all = useSignal(entries);
  all.value = entries;
  const shown = useComputed(() => {
    const wanted = search.value.trim().toLowerCase();
    return all.value.filter(
      (entry) =>
        (!isRunningOnly.value || (entry.from !== null && entry.to === null)) &&
        `${entry.name} ${entry.record?.name ?? ''} ${entry.dropletId ?? ''}`.includes(wanted),
    );
  });
  if (entries.length === 0) {
    return <Placeholder icon="costs" title={text.empty} text={text.emptyText} />;
  }
  return (
    <>
      <search class="filter-bar">
        <div class="filter filter-search">
          <label for="ledger-search">{text.search}</label>
          <div class="input-icon">
            <Icon name="search" />
            <input
              id="ledger-search"
              class="input"
              type="search"
              autocomplete="off"
              value={search.value}
              onInput={(event) => {
                search.value = event.currentTarget.value;
              }}
            />
          </div>
        </div>
        <Checkbox
          label={text.onlyRunning}
          checked={isRunningOnly.value}
          onChange={(checked) => {
            isRunningOnly.value = checked;
          }}
        />
      </search>
      <VirtualTable
        label={text.title}
        class="ledger-table"
        columns={COLUMNS.map((name) => ({ name, title: text.columns[name] }))}
        items={shown.value}
        keyOf={({ name, requestedAt, dropletId }) => `${name} ${dropletId} ${requestedAt}`}
        render={(entry, index) => <EntryRow entry={entry} index={index} />}
      />
    </>
  );
}

function EntryRow({ entry, index }: { readonly entry: LedgerEntry; readonly index: number }) {
  const text = messages.value.costs;
  const { dropletId, name, record, size, region, from, to, hours, costUsd, origin } = entry;
  const isRunning = from !== null && to === null;
  return (
    <Row index={index}>
      <Cell name="droplet">
        <span class="mono">{name}</span>
        <span class="cell-sub mono">
          {dropletId ?? '–'}
          {origin !== 'created' && <span class="tag origin">{text.origins[origin]}</span>}
        </span>
      </Cell>
      <Cell name="record">{record === null ? '–' : <RecordLink record={record} />}</Cell>
      <Cell name="size">
        {size ?? '–'}
        <span class="cell-sub">{region}</span>
      </Cell>
      <Cell name="from">{from === null ? text.notStarted : dateText(from, language.value)}</Cell>
      <Cell name="to">
        {to !== null ? (
          dateText(to, language.value)
        ) : isRunning ? (
          <span class="running">
            <span class="dot" />
            {text.now}
          </span>
        ) : (
          '–'
        )}
      </Cell>
      <Cell name="hours">{durationText(hours * 3_600)}</Cell>
      <Cell name="cost">{costUsd === null ? '–' : moneyText(costUsd, language.value)}</Cell>
    </Row>
  );
}

function RecordLink({ record }: { readonly record: NonNullable<LedgerEntry['record']> }) {
  const number = record.kind === 'Instance' ? /^bot-(\d+)$/.exec(record.name)?.[1] : undefined;
  return number === undefined ? (
    <span class="mono">{record.name}</span>
  ) : (
    <a class="mono" href={hrefOf({ view: 'instance', number, tab: 'overview' })}>
      {record.name}
    </a>
  );
}
