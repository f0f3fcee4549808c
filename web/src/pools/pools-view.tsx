import type { InstancePool } from '../../../src/resources/instance-pool.ts';
import { listPools } from '../api/calls.ts';
import { useLive } from '../api/use-live.ts';
import { countText, moneyText } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { Cell, Row, VirtualTable } from '../list/table.tsx';
import { language } from '../preferences.ts';
import { hrefOf } from '../route.ts';
import { mayChange } from '../session/role.ts';
import { Failure, Placeholder, Skeleton } from '../ui/state.tsx';
import { toldLang, toldText } from '../ui/told.tsx';

const EVERY_MS = 3_000;
const COLUMNS = ['pool', 'ready', 'booting', 'claimed', 'poolcost', 'says'] as const;

/** Droplets that wait, booted and prepared, for instances to come. */
export function PoolsView() {
  const text = messages.value.pools;
  const { value, error, reload } = useLive(listPools, 'pools', EVERY_MS);
  return (
    <>
      <h1>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      {value && error && (
        <p class="notice" role="status">
          {text.failed}
        </p>
      )}
      {value ? (
        <Pools pools={value} />
      ) : error ? (
        <Failure title={text.failed} error={error} onRetry={reload} />
      ) : (
        <Skeleton lines={6} />
      )}
    </>
  );
}

function Pools({ pools }: { readonly pools: readonly InstancePool[] }) {
  const text = messages.value.pools;
  if (pools.length === 0) {
    return (
      <Placeholder icon="pools" title={text.empty} text={text.emptyText}>
        {mayChange.value && (
          <a class="button" href={hrefOf({ view: 'manifests' })}>
            {messages.value.nav.manifests}
          </a>
        )}
      </Placeholder>
    );
  }
  return (
    <VirtualTable
      label={text.title}
      class="pools-table"
      columns={COLUMNS.map((name) => ({ name, title: text.columns[name] }))}
      items={pools}
      keyOf={({ metadata }) => metadata.name}
      render={(pool, index) => <PoolRow pool={pool} index={index} />}
    />
  );
}

function PoolRow({ pool, index }: { readonly pool: InstancePool; readonly index: number }) {
  const text = messages.value.pools;
  const { metadata, spec, status } = pool;
  const cost = status?.costUsdPerHour;
  const says = status?.message ?? '';
  const count = (number: number | undefined) =>
    number === undefined ? '–' : countText(number, language.value);
  return (
    <Row index={index}>
      <Cell name="pool">
        <a
          class="row-link mono"
          href={hrefOf({ view: 'manifests', plural: 'instancepools', name: metadata.name })}
        >
          {metadata.name}
        </a>
        <span class="cell-sub">{spec.className}</span>
      </Cell>
      <Cell name="ready">
        <Label of="ready" />
        {text.readyOf(count(status?.ready), count(status?.wanted ?? spec.replicas))}
      </Cell>
      <Cell name="booting">
        <Label of="booting" />
        {count(status?.booting)}
      </Cell>
      <Cell name="claimed">
        <Label of="claimed" />
        {count(status?.claimed)}
      </Cell>
      <Cell name="poolcost">
        <Label of="poolcost" />
        {cost === undefined ? '–' : text.perHour(moneyText(cost, language.value))}
      </Cell>
      <Cell name="says" lang={toldLang(says)} title={toldText(says)}>
        {toldText(says)}
      </Cell>
    </Row>
  );
}

/** A column's name in the cell itself, where a phone shows no head. */
const Label = ({ of }: { readonly of: 'ready' | 'booting' | 'claimed' | 'poolcost' }) => (
  <span class="cell-label">{messages.value.pools.columns[of]}: </span>
);
