import { it } from 'vitest';
import { deletesWithTheBudgetSpent } from './mass-delete.ts';

it(
  '200 deletes at once with the budget spent: the last tenth goes to them, and all are gone in the end',
  () => deletesWithTheBudgetSpent(200),
  400_000,
);
