import { z } from 'zod';
import type { Answer, CallContext } from '../api.ts';
import { notFound, type Operation, ok, paged, parse } from './operation.ts';

export type TagOperation =
  | 'listTags'
  | 'createTag'
  | 'getTag'
  | 'deleteTag'
  | 'tagResources'
  | 'untagResources';

/** Tags, and which droplets bear them. */
export const tagOperations: Readonly<Record<TagOperation, Operation>> = {
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
};

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
