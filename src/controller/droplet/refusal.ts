import type { CloudError } from '../../cloud/cloud.ts';
import type { DropletStatus } from '../../resources/droplet.ts';

const HOLD_MS = { 'unavailable-here': 60_000, 'try-again': 10_000 } as const;

/** What a create that came to nothing leaves behind. */
export interface CreateFailed {
  /** For the status, together with the end of the intent; undefined: the outcome is unknown, and the intent stands. */
  readonly learnt: Partial<DropletStatus> | undefined;
  readonly event: { readonly reason: string; readonly message: string } | undefined;
}

/** What follows from an error of the call that was to create a droplet, or several. Pure; `now` in ms since the epoch. */
export function readRefusal({ kind, message }: CloudError, now: number): CreateFailed {
  switch (kind) {
    case 'outcome-unknown':
      return { learnt: undefined, event: { reason: 'CreateOutcomeUnknown', message } };
    case 'refused': {
      const failure = { reason: 'CreateRefused', message, at: new Date(now).toISOString() };
      return { learnt: { failure }, event: { reason: 'CreateRefused', message } };
    }
    case 'quota':
      // What all wait for is kept in one place for all.
      return { learnt: {}, event: { reason: 'CreateDelayed', message } };
    case 'unavailable-here':
    case 'try-again': {
      const reason = kind === 'unavailable-here' ? 'Unavailable' : 'TryAgain';
      const hold = { reason, message, until: new Date(now + HOLD_MS[kind]).toISOString() };
      return { learnt: { hold }, event: { reason: 'CreateDelayed', message } };
    }
    case 'rate-limited':
    case 'unauthorized':
      return { learnt: {}, event: undefined };
  }
}
