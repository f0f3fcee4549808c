import { backoffMs } from '../api/backoff.ts';
import { logOf } from '../api/calls.ts';
import { ApiFailure, isPassing } from '../api/http.ts';
import { textOf } from '../api/lines.ts';
import { pause } from '../api/pause.ts';

export type Source = 'bootstrap' | 'bot';

export interface LogState {
  readonly state: 'loading' | 'live' | 'lost' | 'ended';
  readonly text: string;
  /** Trouble that trying again by itself does not mend. */
  readonly error?: Error;
}

/** As much of the end of a log is kept as a page can show with ease. */
const MOST_CHARACTERS = 2_000_000;
/** How soon to look again for a log that has not begun. */
const LOOK_MS = 2_000;
const ENDED_LOOK_MS = 15_000;
const GATHER_MS = 100;

/** Tells of a log as it grows, over broken connections, until the signal. */
export async function followLog(
  number: string,
  source: Source,
  signal: AbortSignal,
  tell: (log: LogState) => void,
): Promise<void> {
  let text = '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (source === 'bot') {
        const answer = await logOf(number, 'source=bot&format=text', signal);
        tell({ state: 'ended', text: await answer.text() });
        return;
      }
      const answer = await logOf(number, 'follow=true&format=text', signal);
      failures = 0;
      // A stream begins with all there is; what is shown stays until then.
      const isFirst = text === '';
      text = '';
      let due: ReturnType<typeof setTimeout> | undefined;
      const show = () => {
        due = undefined;
        if (!signal.aborted) tell({ state: 'live', text });
      };
      if (isFirst) show();
      for await (const piece of textOf(answer)) {
        text = (text + piece).slice(-MOST_CHARACTERS);
        due ??= setTimeout(show, GATHER_MS);
      }
      clearTimeout(due);
      if (!signal.aborted) tell({ state: 'ended', text });
      // A later run begins a new stream.
      await pause(ENDED_LOOK_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiFailure && error.status === 404) {
        tell({ state: 'ended', text: '' });
        if (source === 'bot') return;
        await pause(LOOK_MS, signal);
      } else if (isPassing(error)) {
        failures++;
        tell({ state: text === '' ? 'loading' : 'lost', text });
        await pause(backoffMs(failures, Math.random()), signal);
      } else {
        tell({ state: 'ended', text, error: error as Error });
        return;
      }
    }
  }
}
