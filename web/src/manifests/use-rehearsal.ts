import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Applied, apply, type ManifestProblem } from '../api/calls.ts';
import { ApiFailure } from '../api/http.ts';
import { sentenceOf } from '../ui/sentence-of.ts';

/** What applying a text would come to. */
export type Rehearsal =
  | { readonly state: 'empty' | 'checking' }
  | { readonly state: 'valid'; readonly results: readonly Applied[] }
  | { readonly state: 'invalid'; readonly problems: readonly ManifestProblem[] }
  /** Not about a place in the text. */
  | { readonly state: 'failed'; readonly message: string };

/** So long after the last key. */
const PAUSE_MS = 350;

/** Lets the server check a text, without writing, whenever it has been changed. `round`: changes when things may stand otherwise. */
export function useRehearsal(text: string, round: number): Rehearsal {
  const rehearsal = useSignal<Rehearsal>({ state: 'empty' });
  useEffect(() => {
    if (text.trim() === '') {
      rehearsal.value = { state: 'empty' };
      return;
    }
    const stop = new AbortController();
    const rehearse = async () => {
      rehearsal.value = { state: 'checking' };
      try {
        const results = await apply(text, { dryRun: true, signal: stop.signal });
        rehearsal.value = { state: 'valid', results };
      } catch (error) {
        if (!stop.signal.aborted) rehearsal.value = refusalOf(error);
      }
    };
    const timer = setTimeout(() => void rehearse(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, round, rehearsal]);
  return rehearsal.value;
}

/** What a refused text is told, at its places where the server knows them. */
export function refusalOf(error: unknown): Rehearsal {
  if (error instanceof ApiFailure) {
    const { details } = (error.body ?? {}) as { details?: readonly ManifestProblem[] };
    if (details && details.length > 0) return { state: 'invalid', problems: details };
  }
  return { state: 'failed', message: sentenceOf(error) };
}
