import { z } from 'zod';
import type { Answer, CallContext } from '../api.ts';
import { findPlace } from '../place.ts';
import { ACTIONS, type ActionType } from '../records.ts';
import { Refusal } from '../refusal.ts';
import { actionJson, dropletJson } from '../wire.ts';
import { notFound, type Operation, ok, paged, parse } from './operation.ts';

export type DropletOperation =
  | 'listDroplets'
  | 'createDroplet'
  | 'deleteDropletsByTag'
  | 'getDroplet'
  | 'deleteDroplet'
  | 'actOnDroplet'
  | 'listDropletActions'
  | 'getDropletAction'
  | 'getAction';

/** Droplets and what is done to them. */
export const dropletOperations: Readonly<Record<DropletOperation, Operation>> = {
  listDroplets: { run: listDroplets },
  createDroplet: { run: createDroplet, creates: true },
  deleteDropletsByTag: { run: deleteDropletsByTag },
  getDroplet: {
    run: (context) => ok({ droplet: dropletJson(context.account.get(dropletId(context))) }),
    onDroplet: true,
  },
  deleteDroplet: {
    run: (context) => {
      context.account.delete(dropletId(context), {
        ignored: context.has('delete-ignored'),
        slowMs: context.deleteSlowMs,
      });
      return { status: 204 };
    },
    onDroplet: true,
  },
  actOnDroplet: { run: actOnDroplet, onDroplet: true },
  listDropletActions: {
    run: (context) => {
      const { actions } = context.account.get(dropletId(context));
      return paged(context, 'actions', [...actions].reverse().map(actionJson));
    },
    onDroplet: true,
  },
  getDropletAction: {
    run: (context) => {
      const droplet = context.account.get(dropletId(context));
      const action = context.account.action(Number(context.call.subId));
      if (action.dropletId !== droplet.id) throw notFound();
      return ok({ action: actionJson(action) });
    },
    onDroplet: true,
  },
  getAction: {
    run: ({ account, call }) => ok({ action: actionJson(account.action(Number(call.id))) }),
  },
};

const hostname = z
  .string()
  .max(255)
  .regex(
    /^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/,
    'Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)',
  );

/** DigitalOcean's own limit. */
const USER_DATA_BYTES = 65_536;

const createBody = z
  .object({
    name: hostname.optional(),
    names: z
      .array(hostname)
      .min(1)
      .max(10, 'At most 10 droplets can be created at once.')
      .optional(),
    region: z.string().nullish(),
    size: z.string(),
    image: z.union([z.string(), z.int()]),
    ssh_keys: z.array(z.union([z.string(), z.int()])).nullish(),
    backups: z.boolean().nullish(),
    ipv6: z.boolean().nullish(),
    monitoring: z.boolean().nullish(),
    tags: z.array(z.string()).nullish(),
    user_data: z
      .string()
      .refine((text) => Buffer.byteLength(text) <= USER_DATA_BYTES, 'User data exceeds 64 KiB.')
      .nullish(),
    vpc_uuid: z.string().nullish(),
  })
  .refine(
    (body) => (body.name === undefined) !== (body.names === undefined),
    'Name or names, one of them, is required.',
  );

function listDroplets(context: CallContext): Answer {
  const { account, query } = context;
  const name = query.get('name') ?? undefined;
  const tag = query.get('tag_name') ?? undefined;
  if (name !== undefined && tag !== undefined) {
    throw new Refusal(422, 'name and tag_name cannot be combined.');
  }
  const droplets = account.list({ name, tag });
  const answer = paged(
    context,
    'droplets',
    droplets.map((droplet) => dropletJson(droplet)),
  );
  if (!context.has('page-miss')) return answer;
  const body = answer.body as { droplets: unknown[] };
  return { ...answer, body: { ...body, droplets: body.droplets.slice(1) } };
}

function createDroplet(context: CallContext): Answer {
  const { account, call, births } = context;
  const body = parse(createBody, call.body);
  const { region, size, image } = findPlace(body.region ?? undefined, body.size, body.image);
  const publicKeys = (body.ssh_keys ?? []).map((wanted) => {
    const key = account.keys.find((each) => each.id === wanted || each.fingerprint === wanted);
    if (key === undefined) {
      throw new Refusal(422, `${wanted} are invalid key identifiers for Droplet creation.`);
    }
    return key.public_key;
  });
  const wanted = body.names ?? [body.name ?? ''];
  const tags = body.tags ?? [];
  const features = [
    ...(body.backups ? ['backups'] : []),
    ...(body.ipv6 ? ['ipv6'] : []),
    ...(body.monitoring ? ['monitoring'] : []),
    'droplet_agent',
    'private_networking',
  ];
  const made = account.create(
    {
      names: context.has('partial-create') ? wanted.slice(0, 1) : wanted,
      region,
      size,
      image,
      tags,
      userData: body.user_data ?? '',
      publicKeys,
      features,
      vpcUuid: body.vpc_uuid ?? undefined,
    },
    births,
  );
  const origin = new URL(call.url).origin;
  const actions = made.flatMap((droplet) =>
    droplet.actions.map(({ id }) => ({ id, rel: 'create', href: `${origin}/v2/actions/${id}` })),
  );
  const shown = made.map((droplet) => dropletJson(droplet, tags));
  const links = { actions };
  return {
    status: 202,
    body: body.names === undefined ? { droplet: shown[0], links } : { droplets: shown, links },
  };
}

function deleteDropletsByTag({ account, query }: CallContext): Answer {
  const tag = query.get('tag_name');
  if (tag === null) throw new Refusal(422, 'tag_name is required.');
  for (const droplet of account.list({ tag })) account.delete(droplet.id);
  return { status: 204 };
}

function actOnDroplet(context: CallContext): Answer {
  const { type, name } = parse(
    z.object({ type: z.string(), name: hostname.optional() }),
    context.call.body,
  );
  if (!isOffered(type)) {
    throw new Refusal(
      422,
      `The simulator does not offer the action ${type}; it offers ${ACTIONS.join(', ')}.`,
    );
  }
  if (type === 'rename' && name === undefined) throw new Refusal(422, 'name is required.');
  const action = context.account.act(dropletId(context), type, name);
  return { status: 201, body: { action: actionJson(action) } };
}

const isOffered = (type: string): type is ActionType => ACTIONS.some((each) => each === type);

function dropletId({ call }: CallContext): number {
  const id = Number(call.id);
  if (!Number.isSafeInteger(id)) throw notFound();
  return id;
}
