import { eventsOf } from '../api/calls.ts';
import { useLive } from '../api/use-live.ts';
import { dateText, durationText, secondsBetween } from '../format.ts';
import { messages } from '../i18n/index.ts';
import { now } from '../now.ts';
import { language } from '../preferences.ts';
import { Failure, Placeholder, Skeleton } from '../ui/state.tsx';
import { toldLang, toldText } from '../ui/told.tsx';

const EVERY_MS = 5_000;

/** What happened to an object, the newest first. `version`: asked anew when it changes. */
export function Events({ name, version }: { readonly name: string; readonly version: string }) {
  const text = messages.value.events;
  const { value, error, reload } = useLive(
    (signal) => eventsOf(name, signal),
    `${name} ${version}`,
    EVERY_MS,
  );
  if (!value) {
    return error ? (
      <Failure title={text.failed} error={error} onRetry={reload} />
    ) : (
      <Skeleton lines={6} />
    );
  }
  if (value.length === 0) {
    return <Placeholder icon="manifest" title={text.empty} text={text.emptyText} />;
  }
  const newest = [...value].sort((a, b) =>
    (a.lastTimestamp ?? '') < (b.lastTimestamp ?? '') ? 1 : -1,
  );
  return (
    <table class="table card">
      <thead>
        <tr>
          <th scope="col">{text.columns.when}</th>
          <th scope="col">{text.columns.reason}</th>
          <th scope="col">{text.columns.message}</th>
        </tr>
      </thead>
      <tbody>
        {newest.map(({ metadata, type, reason, message, count = 1, lastTimestamp }) => (
          <tr key={metadata.uid ?? metadata.name} class={`event event-${type}`}>
            <td class="event-when">
              {lastTimestamp && (
                <time dateTime={lastTimestamp} title={dateText(lastTimestamp, language.value)}>
                  {messages.value.common.ago(
                    durationText(secondsBetween(lastTimestamp, now.value)),
                  )}
                </time>
              )}
              {count > 1 && <span class="cell-sub">{text.times(count)}</span>}
            </td>
            <td class="event-reason">
              <span class="dot" />
              <span lang="en">{reason}</span>
              {type === 'Warning' && <span class="visually-hidden">{text.types.Warning}</span>}
            </td>
            <td lang={toldLang(message)}>{toldText(message)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
