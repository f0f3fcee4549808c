import type { RunErrand } from '../store/errands.ts';
import { type BotJournalDeps, readBotJournal } from './bot-journal.ts';
import { type DeliverDeps, testWebhooks } from './webhooks/deliver.ts';

/** What a controller does for the API, which reaches no droplet itself. */
export const errandRunner =
  (deps: BotJournalDeps & Pick<DeliverDeps, 'sender' | 'endpoints' | 'clock'>): RunErrand =>
  async (errand, signal) => {
    switch (errand.kind) {
      case 'bot-journal':
        return readBotJournal(errand.name, deps, signal);
      case 'webhook-test':
        return testWebhooks(deps, signal);
    }
  };
