import { ageText, durationText, secondsBetween } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { Cell, Row } from '../list/table.tsx';
import { now } from '../now.ts';
import { hrefOf } from '../route.ts';
import { PhaseBar } from '../ui/phase-bar.tsx';
import { toldLang, toldText } from '../ui/told.tsx';
import type { InstanceRow } from './standing.ts';

/** One instance in the fleet. */
export function FleetRow({ row, index }: { readonly row: InstanceRow; readonly index: number }) {
  const text = messages.value;
  const { phase } = row;
  const isAtRest = phase === 'completed' || phase === 'failed';
  return (
    <Row index={index} class={`is-${phase}`}>
      <Cell name="number">
        <a
          class="row-link mono"
          href={hrefOf({ view: 'instance', number: row.number, tab: 'overview' })}
        >
          {row.number}
        </a>
        {row.ip && <span class="cell-sub mono">{row.ip}</span>}
      </Cell>
      <Cell name="phase">
        <span class="phase-line">
          <span class={`phase-name phase-${phase}`}>{text.phases[phase]}</span>
          {row.isPaused && <span class="tag">{text.paused}</span>}
          {!isAtRest && !row.isPaused && (
            <span class="phase-time">
              {durationText(secondsBetween(row.phaseStartedAt, now.value))}
            </span>
          )}
        </span>
        <PhaseBar phase={phase} progress={row.progress} />
      </Cell>
      <Cell name="doing" lang={toldLang(row.message)} title={toldText(row.message)}>
        {toldText(row.message)}
      </Cell>
      <Cell name="whatsapp">
        <span class={`whatsapp whatsapp-${row.whatsapp}`}>
          <span class="dot" />
          {text.whatsapp[row.whatsapp]}
        </span>
      </Cell>
      <Cell name="class">{row.className}</Cell>
      <Cell name="age">{ageText(secondsBetween(row.createdAt, now.value))}</Cell>
    </Row>
  );
}
