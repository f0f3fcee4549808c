import type { Signal } from '@preact/signals';
import { PHASES, type Phase } from '../../../src/resources/phase.ts';
import type { BudgetWindow, FleetReport } from '../api/calls.ts';
import type { Live } from '../api/use-live.ts';
import { countText, durationText } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { language } from '../preferences.ts';
import { Banner } from '../ui/state.tsx';
import { Told } from '../ui/told.tsx';
import type { Filter } from './filter.ts';
import { counts } from './fleet.ts';

/** What holds for the whole fleet and that somebody should know. */
export function FleetNotices({ report }: { readonly report: Live<FleetReport> }) {
  const text = messages.value.fleet;
  const { brakes, access } = report.value ?? {};
  return (
    <>
      {access && !access.ok && (
        <Banner tone="danger" title={text.accessTitle}>
          <Told sentence={access.message} />
        </Banner>
      )}
      {brakes?.repairs && (
        <Banner tone="warning" title={text.brakeTitle}>
          <Told sentence={brakes.repairs} />
        </Banner>
      )}
      {brakes?.replacements && (
        <Banner tone="warning" title={text.brakeReplacements}>
          <Told sentence={brakes.replacements} />
        </Banner>
      )}
    </>
  );
}

export function FleetSummary(props: {
  readonly report: Live<FleetReport>;
  readonly filter: Signal<Filter>;
}) {
  return (
    <section class="summary">
      <PhaseCounts filter={props.filter} />
      <Budget report={props.report} />
    </section>
  );
}

/** The counts, which are filters too. */
function PhaseCounts({ filter }: { readonly filter: Signal<Filter> }) {
  const text = messages.value;
  const { phases } = filter.value;
  const toggle = (phase: Phase) => {
    const without = phases.filter((one) => one !== phase);
    filter.value = {
      ...filter.value,
      phases: without.length < phases.length ? without : [...phases, phase],
    };
  };
  return (
    <fieldset class="phase-counts">
      <legend class="visually-hidden">{text.fleet.byPhase}</legend>
      {PHASES.map((phase) => (
        <button
          key={phase}
          type="button"
          class={`phase-count phase-${phase} ${counts.value[phase] === 0 ? 'is-empty' : ''}`}
          aria-pressed={phases.includes(phase)}
          onClick={() => toggle(phase)}
        >
          <span class="phase-count-number">{countText(counts.value[phase], language.value)}</span>
          <span class="phase-count-name">
            <span class="dot" />
            {text.phases[phase]}
          </span>
        </button>
      ))}
    </fieldset>
  );
}

function Budget({ report }: { readonly report: Live<FleetReport> }) {
  const text = messages.value.fleet;
  const { value, error } = report;
  const { minute, hour } = value?.budget ?? {};
  const age = value?.sweep?.ageSeconds;
  return (
    <div class="budget">
      <h2 class="budget-title">{text.budget}</h2>
      {minute || hour ? (
        <>
          {minute && <Gauge name={text.budgetMinute} of={minute} />}
          {hour && <Gauge name={text.budgetHour} of={hour} />}
        </>
      ) : (
        <p class="quiet">
          {value ? text.budgetUnknown : error ? text.reportFailed : messages.value.common.loading}
        </p>
      )}
      {age !== undefined && age !== null && (
        <p class="budget-sweep">{text.sweep(durationText(age))}</p>
      )}
    </div>
  );
}

/** How much of a window is left. Below a tenth is kept for deletes: that is where it gets tight. */
function Gauge({ name, of }: { readonly name: string; readonly of: BudgetWindow }) {
  const { left, limit } = of;
  const share = limit > 0 ? Math.min(1, Math.max(0, left / limit)) : 0;
  const tone = share <= 0.1 ? 'bad' : share <= 0.3 ? 'low' : 'good';
  const words = messages.value.fleet.budgetLeft(Math.max(0, Math.round(left)), limit);
  return (
    <div class={`gauge gauge-${tone}`}>
      <span class="gauge-name">{name}</span>
      <span class="gauge-words">{words}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers let nobody style a <meter> in the same way */}
      <span
        class="gauge-track"
        role="meter"
        aria-label={`${messages.value.fleet.budget}, ${name}`}
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuenow={Math.round(left)}
        aria-valuetext={words}
      >
        <span class="gauge-fill" style={{ width: `${share * 100}%` }} />
      </span>
    </div>
  );
}
