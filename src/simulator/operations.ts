import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answer, CallContext } from './api.ts';
import { findImage, IMAGES, REGIONS, SIZES } from './catalog.ts';
import { findPlace } from './place.ts';
import { ACTIONS, type ActionType } from './records.ts';
import { Refusal } from './refusal.ts';
import { actionJson, dropletJson, pageJson } from './wire.ts';

interface OperationEntry {
  readonly run: (context: CallContext) => Answer;
  /** Makes droplets: faults from a droplet's birth apply. */
  readonly creates?: true;
  /** The call's `id` is a droplet's. */
  readonly onDroplet?: true;
}

/** Each call of the API that the simulator offers. All throw Refusal where DigitalOcean answers with an error. */
export const operations = {
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
  getAccount: {
    run: ({ account }) =>
      ok({
        account: {
          droplet_limit: account.options.dropletLimit,
          floating_ip_limit: 5,
          email: 'simulator@example.com',
          name: 'Simulator',
          uuid: 'b6fr89dbf6d9156cace5f3c78dc9851d957381ef',
          email_verified: true,
          status: 'active',
          status_message: '',
        },
      }),
  },
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
  listRegions: { run: (context) => paged(context, 'regions', REGIONS) },
  listSizes: { run: (context) => paged(context, 'sizes', SIZES) },
  listImages: { run: listImages },
  getImage: {
    run: ({ call }) => {
      const image = findImage(call.id ?? '');
      if (image === undefined) throw notFound();
      return ok({ image });
    },
  },
  listTags: {
    run: (context) =>
      paged(
        context,
        'tags',
        context.account.tags.names().map((name) => tagJson(context, name)),
      ),
  },
  createTag: { run: createTag },
  getTag: {
    run: (context) => ok({ tag: tagJson(context, knownTag(context)) }),
  },
  deleteTag: {
    run: ({ account, call }) => {
      account.deleteTag(call.id ?? '');
      return { status: 204 };
    },
  },
  tagResources: { run: (context) => tagDroplets(context, true) },
  untagResources: { run: (context) => tagDroplets(context, false) },
} satisfies Record<string, OperationEntry> as Record<OperationName, OperationEntry>;

export type Operation = OperationName;
type OperationName =
  | 'listDroplets'
  | 'createDroplet'
  | 'deleteDropletsByTag'
  | 'getDroplet'
  | 'deleteDroplet'
  | 'actOnDroplet'
  | 'listDropletActions'
  | 'getDropletAction'
  | 'getAction'
  | 'getAccount'
  | 'listKeys'
  | 'createKey'
  | 'getKey'
  | 'deleteKey'
  | 'listRegions'
  | 'listSizes'
  | 'listImages'
  | 'getImage'
  | 'listTags'
  | 'createTag'
  | 'getTag'
  | 'deleteTag'
  | 'tagResources'
  | 'untagResources';

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

function listImages(context: CallContext): Answer {
  const isPrivate = context.query.get('private') === 'true';
  const type = context.query.get('type');
  const found = IMAGES.filter(
    (image) =>
      (!isPrivate || !image.public) &&
      (type === null || (type === 'distribution' ? image.type === 'base' : false)),
  );
  return paged(context, 'images', found);
}

function createTag(context: CallContext): Answer {
  const { account, call } = context;
  const name = (call.body as { name?: unknown } | undefined)?.name;
  if (typeof name !== 'string' || !account.tags.isValid(name)) {
    return { status: 400, body: { error: 'invalid tag name', messages: [], root_causes: [] } };
  }
  return { status: 201, body: { tag: tagJson(context, account.tags.ensure(name)) } };
}

function tagDroplets(context: CallContext, present: boolean): Answer {
  const name = knownTag(context);
  const body = parse(
    z.object({
      resources: z.array(
        z.object({ resource_id: z.coerce.number(), resource_type: z.literal('droplet') }),
      ),
    }),
    context.call.body,
  );
  for (const resource of body.resources) context.account.tag(resource.resource_id, name, present);
  return { status: 204 };
}

function knownTag({ account, call }: CallContext): string {
  const name = account.tags.canonical(call.id ?? '');
  if (name === undefined) throw notFound();
  return name;
}

function tagJson({ account, call }: CallContext, name: string) {
  const droplets = account.list({ tag: name });
  const count = droplets.length;
  const last = droplets.at(-1);
  const counts =
    last === undefined
      ? { count }
      : { count, last_tagged_uri: `${new URL(call.url).origin}/v2/droplets/${last.id}` };
  return { name, resources: { ...counts, droplets: counts } };
}

function paged<T>(context: CallContext, key: string, items: readonly T[]): Answer {
  const number = (name: string, fallback: number, most: number) => {
    const given = Number(context.query.get(name) ?? fallback);
    if (!Number.isInteger(given) || given < 1 || given > most) {
      throw new Refusal(422, `${name} must be a whole number from 1 to ${most}.`);
    }
    return given;
  };
  const perPage = number('per_page', 20, 200);
  const page = number('page', 1, 1_000_000);
  return ok(pageJson(key, items, page, perPage, context.call.url));
}

const ok = (body: unknown): Answer => ({ status: 200, body });
const notFound = () => new Refusal(404, 'The resource you were accessing could not be found.');

function dropletId({ call }: CallContext): number {
  const id = Number(call.id);
  if (!Number.isSafeInteger(id)) throw notFound();
  return id;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const where = first?.path.join('.') ?? '';
  throw new Refusal(422, [where, first?.message].filter(Boolean).join(': '));
}
