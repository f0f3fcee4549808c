import type { RunErrand } from '../store/errands.ts';
import { type BotJournalDeps, readBotJournal } from './bot-journal.ts';

/** What a controller does for the API, which reaches no droplet itself. */
export const errandRunner =
  (deps: BotJournalDeps): RunErrand =>
  async (errand, signal) => {
    switch (errand.kind) {
      case 'bot-journal':
        return readBotJournal(errand.name, deps, signal);
      case 'webhook-test':
        return { ok: false, problem: 'No webhook is set: set WEBHOOK_URL.' };
    }
  };
