import type { Budget } from '../../src/cloud/budget.ts';

/** A budget that is never spent, for tests of other things. */
export const unlimitedBudget: Budget = {
  take: async () => ({ granted: true }),
  observe: async () => {},
  state: async () => ({
    minute: { limit: 250, left: 250 },
    hour: { limit: 5000, left: 5000 },
    blockedUntil: undefined,
  }),
};
