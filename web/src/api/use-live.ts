import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';

export interface Live<T> {
  /** The last that was loaded, kept while a later load fails. */
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly reload: () => void;
}

/** Loads at once, when `key` changes, and every so many ms while the page is seen. */
export function useLive<T>(
  load: (signal: AbortSignal) => Promise<T>,
  key: string,
  everyMs: number,
): Live<T> {
  const state = useSignal<{ readonly key: string; readonly value?: T; readonly error?: Error }>({
    key,
  });
  const latest = useRef(load);
  latest.current = load;
  const trigger = useRef<() => void>(() => undefined);

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isBusy = false;
    const run = async () => {
      clearTimeout(timer);
      if (isBusy) return;
      isBusy = true;
      try {
        const value = await latest.current(stop.signal);
        if (!stop.signal.aborted) state.value = { key, value };
      } catch (error) {
        if (stop.signal.aborted) return;
        const { value } = state.peek();
        const failure = error instanceof Error ? error : new Error(String(error));
        state.value = { key, error: failure, ...(value === undefined ? {} : { value }) };
      } finally {
        isBusy = false;
      }
      timer = setTimeout(() => void (document.hidden ? undefined : run()), everyMs);
    };
    const onSeen = () => {
      if (!document.hidden) void run();
    };
    trigger.current = () => void run();
    document.addEventListener('visibilitychange', onSeen);
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onSeen);
    };
  }, [key, everyMs, state]);

  const { value, error } = state.value;
  const reload = useCallback(() => trigger.current(), []);
  return { value, error, reload };
}
