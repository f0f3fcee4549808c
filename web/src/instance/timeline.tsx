import type { Explanation, TimelineEntry } from '../api/calls.ts';
import type { Live } from '../api/use-live.ts';
import { clockText, dateText, secondsBetween, spanText } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { now } from '../now.ts';
import { language } from '../preferences.ts';
import { Failure, Placeholder, Skeleton } from '../ui/state.tsx';

/** Every phase and step with its start, its length, and what it waited for. */
export function Timeline({ explained }: { readonly explained: Live<Explanation> }) {
  const text = messages.value.timeline;
  const { value, error, reload } = explained;
  if (!value) {
    return error ? (
      <Failure title={text.failed} error={error} onRetry={reload} />
    ) : (
      <Skeleton lines={6} />
    );
  }
  const { timeline } = value;
  const longest = Math.max(1, ...timeline.filter(isWork).map(secondsOf));
  if (timeline.length === 0) return <Placeholder icon="fleet" title={text.empty} />;
  return (
    <ol class="timeline card">
      {timeline.map((entry) => (
        <Entry
          key={`${entry.startedAt} ${entry.phase} ${entry.step} ${entry.reason}`}
          entry={entry}
          longest={longest}
        />
      ))}
    </ol>
  );
}

/** A bot that runs does so for months: its length beside the others' would say nothing. */
const isWork = ({ phase }: TimelineEntry): boolean => phase !== 'completed' && phase !== 'failed';

const secondsOf = ({ startedAt, endedAt }: TimelineEntry): number =>
  secondsBetween(startedAt, endedAt ?? now.value);

function Entry({ entry, longest }: { readonly entry: TimelineEntry; readonly longest: number }) {
  const text = messages.value;
  const { phase, step, reason, startedAt, endedAt, waitedFor } = entry;
  const seconds = secondsOf(entry);
  const { phases } = text;
  const phaseName = phase in phases ? phases[phase as keyof typeof phases] : phase;
  return (
    <li class={`timeline-entry phase-${phase} ${endedAt ? '' : 'is-open'}`}>
      <time class="timeline-time" dateTime={startedAt} title={dateText(startedAt, language.value)}>
        {clockText(startedAt, language.value)}
      </time>
      <div class="timeline-body">
        <p class="timeline-name">
          <strong>{phaseName}</strong>
          {(step ?? reason) && (
            <span class="reason" lang="en">
              {step ?? reason}
            </span>
          )}
        </p>
        {waitedFor && <p class="timeline-waited">{waitedFor}</p>}
        {isWork(entry) && (
          <span class="timeline-track">
            <span
              class="timeline-fill"
              style={{ width: `${Math.max(0.5, (seconds / longest) * 100)}%` }}
            />
          </span>
        )}
      </div>
      <span class="timeline-took">
        {spanText(seconds, language.value)}
        {!endedAt && <span class="timeline-now">{text.timeline.now}</span>}
      </span>
    </li>
  );
}
