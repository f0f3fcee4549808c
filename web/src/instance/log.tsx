import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { messages } from '../i18n/index.ts';
import { Icon } from '../ui/icons.tsx';
import { saveText } from '../ui/save-text.ts';
import { Failure, Placeholder, Skeleton } from '../ui/state.tsx';
import { followLog, type LogState, type Source } from './follow-log.ts';

const SOURCES: readonly Source[] = ['bootstrap', 'bot'];
/** So near to the end still counts as at it. */
const NEAR_END_PX = 24;

/** The bootstrap's output as it comes, or the bot's own journal. */
export function Log({ number }: { readonly number: string }) {
  const text = messages.value.log;
  const source = useSignal<Source>('bootstrap');
  const log = useSignal<LogState>({ state: 'loading', text: '' });
  const isFollowing = useSignal(true);
  const attempt = useSignal(0);
  const box = useRef<HTMLPreElement>(null);

  useEffect(() => {
    const stop = new AbortController();
    log.value = { state: 'loading', text: '' };
    void followLog(number, source.value, stop.signal, (next) => {
      log.value = next;
    });
    return () => stop.abort();
  }, [number, source.value, attempt.value, log]);

  const { state, text: printed, error } = log.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (element && isFollowing.value) element.scrollTop = element.scrollHeight;
  }, [printed, isFollowing.value]);

  return (
    <section class="log">
      <div class="toolbar">
        <fieldset class="segmented">
          <legend class="visually-hidden">{text.source}</legend>
          {SOURCES.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={source.value === one}
              onClick={() => {
                source.value = one;
              }}
            >
              {text[one]}
            </button>
          ))}
        </fieldset>
        <span class={`log-state log-state-${state}`} role="status">
          {state === 'live' ? text.live : state === 'lost' ? text.lost : ''}
        </span>
        <label class="toolbar-check">
          <input
            type="checkbox"
            checked={isFollowing.value}
            onChange={(event) => {
              isFollowing.value = event.currentTarget.checked;
            }}
          />
          {text.follow}
        </label>
        <button
          type="button"
          class="button"
          disabled={printed === ''}
          onClick={() => saveText(`bot-${number}-${source.value}.log`, printed)}
        >
          <Icon name="download" />
          {text.download}
        </button>
      </div>
      {error ? (
        <Failure
          title={messages.value.instance.actionFailed('')}
          error={error}
          onRetry={() => {
            attempt.value++;
          }}
        />
      ) : printed !== '' ? (
        <pre
          ref={box}
          class="log-text"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so a keyboard must get there
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={text.label}
          lang="en"
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
            // Whoever scrolls up wants to read there.
            isFollowing.value = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
          }}
        >
          {printed}
        </pre>
      ) : state === 'loading' ? (
        <>
          <Skeleton lines={8} />
          {source.value === 'bot' && <p class="quiet">{text.asking}</p>}
        </>
      ) : (
        <Placeholder icon="manifest" title={text.empty} text={text.emptyText} />
      )}
    </section>
  );
}
