import type { Condition } from '../../../src/resources/condition.ts';
import { durationText, secondsBetween } from '../format.ts';
import type { Messages } from '../i18n/en.ts';
import { messages } from '../i18n/index.ts';
import { now } from '../now.ts';
import { toldLang, toldText } from '../ui/told.tsx';

export function Conditions({ conditions }: { readonly conditions: readonly Condition[] }) {
  const text = messages.value.instance;
  return (
    <section class="card">
      <h2>{text.conditions}</h2>
      {conditions.length === 0 ? (
        <p class="quiet">{text.noConditions}</p>
      ) : (
        <ul class="conditions">
          {conditions.map((condition) => (
            <li key={condition.type} class={`condition condition-${toneOf(condition)}`}>
              <span class="dot" />
              <div class="condition-head">
                <strong>{nameOf(condition.type, text)}</strong>
                <span class="condition-status">
                  {text.conditionStatus[condition.status]}
                  {', '}
                  {text.conditionSince(
                    durationText(secondsBetween(condition.lastTransitionTime, now.value)),
                  )}
                </span>
              </div>
              <p>
                <span class="reason" lang="en">
                  {condition.reason}
                </span>{' '}
                <span lang={toldLang(condition.message)}>{toldText(condition.message)}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Conditions that are well when they are False, as Kubernetes' MemoryPressure is. */
const WELL_WHEN_FALSE: ReadonlySet<string> = new Set(['Drifted']);

function toneOf({ type, status }: Condition): Condition['status'] {
  if (!WELL_WHEN_FALSE.has(type) || status === 'Unknown') return status;
  return status === 'True' ? 'False' : 'True';
}

function nameOf(type: string, { conditionNames }: Messages['instance']): string {
  return type in conditionNames ? conditionNames[type as keyof typeof conditionNames] : type;
}
