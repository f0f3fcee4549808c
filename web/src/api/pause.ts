const skips = new Set<() => void>();

/** Waits, but no longer than until the signal, the network's return, or `retryNow`. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      skips.delete(over);
      removeEventListener('online', over);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    skips.add(over);
    addEventListener('online', over);
    signal.addEventListener('abort', over);
    if (signal.aborted) over();
  });
}

/** Ends every wait for another try. */
export function retryNow(): void {
  for (const skip of [...skips]) skip();
}
