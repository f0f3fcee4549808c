import type { Budget } from '../../src/cloud/budget.ts';

/** A budget that is never spent, for tests of other things. */
export const unlimitedBudget: Budget = {
  take: async () => ({ granted: true }),
  observe: async () => {},
  state: async () => ({ minuteLeft: 250, hourLeft: 5000, blockedUntil: undefined }),
};
