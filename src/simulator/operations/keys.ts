import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answer, CallContext } from '../api.ts';
import { Refusal } from '../refusal.ts';
import { notFound, type Operation, ok, paged, parse } from './operation.ts';

export type KeyOperation = 'listKeys' | 'createKey' | 'getKey' | 'deleteKey';

/** The SSH keys of the account. */
export const keyOperations: Readonly<Record<KeyOperation, Operation>> = {
  listKeys: { run: (context) => paged(context, 'ssh_keys', context.account.keys) },
  createKey: { run: createKey },
  getKey: { run: (context) => ok({ ssh_key: findKey(context) }) },
  deleteKey: {
    run: (context) => {
      const key = findKey(context);
      context.account.keys.splice(context.account.keys.indexOf(key), 1);
      return { status: 204 };
    },
  },
};

function createKey({ account, call }: CallContext): Answer {
  const body = parse(z.object({ name: z.string().min(1), public_key: z.string() }), call.body);
  const blob = body.public_key.split(' ')[1];
  if (blob === undefined)
    throw new Refusal(422, 'Key invalid, key should be of the format `<type> <key>`');
  const digest = createHash('md5').update(Buffer.from(blob, 'base64')).digest('hex');
  const fingerprint = digest.replace(/(..)(?=.)/g, '$1:');
  if (account.keys.some((key) => key.fingerprint === fingerprint)) {
    throw new Refusal(422, 'SSH Key is already in use on your account');
  }
  const key = { id: account.nextId(), fingerprint, ...body };
  account.keys.push(key);
  return { status: 201, body: { ssh_key: key } };
}

function findKey({ account, call }: CallContext) {
  const key = account.keys.find(
    (each) => String(each.id) === call.id || each.fingerprint === call.id,
  );
  if (key === undefined) throw notFound();
  return key;
}
