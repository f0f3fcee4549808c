/** What the API asks of the controllers, which alone reach droplets and other systems. */
export type Errand =
  /** The last lines of the journal of an instance's bot. */
  | { readonly kind: 'bot-journal'; readonly name: string }
  /** A call to every webhook, to see whether it is taken. */
  | { readonly kind: 'webhook-test' };

/** `problem` is a sentence. */
export type ErrandAnswer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

export type RunErrand = (errand: Errand, signal: AbortSignal) => Promise<ErrandAnswer>;

/** Hands small questions from the API to any controller, and the answer back. Nothing is kept: an errand whose asker has gone is dropped. */
export interface Errands {
  /** Undefined: no controller answered within `limitMs`. Throws StoreError `unavailable`, and the reason of `signal`. */
  ask(errand: Errand, limitMs: number, signal: AbortSignal): Promise<ErrandAnswer | undefined>;
  /** Runs errands, a few at a time, until `signal` aborts. */
  serve(run: RunErrand, signal: AbortSignal): Promise<void>;
}
