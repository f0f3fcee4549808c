import type { World } from '../test/chaos/world.ts';

/** Requests that the account has been sent so far. */
export const callsOf = ({ cloud }: World): number =>
  Object.values(cloud.account.ledger.report().calls)
    .flatMap((byStatus) => Object.values(byStatus))
    .reduce((sum, one) => sum + one, 0);
