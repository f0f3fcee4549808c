import { type AccountOperation, accountOperations } from './operations/account.ts';
import { type DropletOperation, dropletOperations } from './operations/droplets.ts';
import { type KeyOperation, keyOperations } from './operations/keys.ts';
import type { Operation } from './operations/operation.ts';
import { type TagOperation, tagOperations } from './operations/tags.ts';

export type OperationName = DropletOperation | AccountOperation | KeyOperation | TagOperation;

/** Each call of the API that the simulator offers. All throw Refusal where DigitalOcean answers with an error. */
export const operations: Readonly<Record<OperationName, Operation>> = {
  ...dropletOperations,
  ...accountOperations,
  ...keyOperations,
  ...tagOperations,
};
