/** A page that nobody looks at gives its connection back after so long: a browser has only six for one program, in all its tabs. */
const PATIENCE_MS = 60_000;

/** A stretch of being looked at. `signal` is aborted when it is over; `end` when it matters no more. */
export function stretchSeen(): { readonly signal: AbortSignal; readonly end: () => void } {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => over.abort(), PATIENCE_MS);
  };
  look();
  document.addEventListener('visibilitychange', look);
  const end = () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
  return { signal: over.signal, end };
}

/** Resolves when somebody looks at the page, at once if so already, or with the signal. */
export function whenSeen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}
