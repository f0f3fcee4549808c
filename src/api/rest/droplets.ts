import { Hono } from 'hono';
import { z } from 'zod';
import type { CloudDroplet } from '../../resources/cloud-droplet.ts';
import { type Droplet, dropletSpec } from '../../resources/droplet.ts';
import { dropletTemplate } from '../../resources/instance-class.ts';
import { controllerOwner, objectName } from '../../resources/meta.ts';
import { StoreError } from '../../store/store.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { readBody } from './input.ts';
import { messages } from './messages.ts';

const createBody = z.strictObject({
  /** Host names know no case, object names are lower case. */
  name: z.string().transform((name) => name.toLowerCase()).pipe(objectName),
  region: dropletTemplate.shape.region,
  size: dropletTemplate.shape.size,
  image: dropletTemplate.shape.image,
});

/** How long a create waits for DigitalOcean's id; later than that the name serves. */
const ID_WAIT_MS = 10_000;

interface DropletView {
  readonly id: number | null;
  readonly name: string;
  readonly ip: string | null;
  readonly status: string;
}

/** /api/droplet: single droplets that no instance owns, and a look at all. Only reads and writes records. */
export function droplets(deps: ApiDeps): Hono {
  const { store } = deps;
  const app = new Hono();

  app.post('/create', async (c) => {
    const { name, ...template } = await readBody(c, createBody, { name: messages.dropletName });
    const droplet = await declare(deps, name, template);
    const known = await idKnown(deps, droplet);
    if (known?.status?.failure) {
      await store.delete('Droplet', name, { uid: known.metadata.uid });
      throw new ApiError(400, messages.dropletRefused(known.status.failure.message));
    }
    const id = known?.status?.id ?? null;
    const data = { id, name, ip: null, status: 'creating', message: messages.dropletCreating };
    return c.json({ success: true, data }, 202);
  });

  app.get('/', async (c) => {
    const { items } = await store.list('Droplet');
    return c.json({ success: true, data: items.map(viewOf) });
  });

  app.get('/:which', async (c) => {
    const which = c.req.param('which');
    const record = await find(deps, which);
    const data = record ? viewOf(record) : await seen(deps, which);
    if (!data) throw new ApiError(404, messages.noDroplet(which));
    return c.json({ success: true, data });
  });

  app.delete('/:which', async (c) => {
    const which = c.req.param('which');
    const record = await find(deps, which);
    if (!record) throw new ApiError(404, messages.noDroplet(which));
    const { name, uid } = record.metadata;
    const owner = controllerOwner(record.metadata);
    if (owner) throw new ApiError(409, messages.dropletOwned(name, owner.name));
    await store.delete('Droplet', name, { uid });
    return c.json({ success: true, data: { ...viewOf(record), status: 'deleting' } }, 202);
  });
  return app;
}

async function declare(
  { store }: ApiDeps,
  name: string,
  template: { region: string; size: string; image: string | number },
): Promise<Droplet> {
  try {
    return await store.create('Droplet', { name, spec: dropletSpec.parse(template) });
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'already-exists') {
      throw new ApiError(400, messages.dropletExists(name));
    }
    throw error;
  }
}

/** The record once the controller has written DigitalOcean's id, or a refusal, into it; undefined when that takes too long. */
async function idKnown(
  { store, objects, clock }: ApiDeps,
  { metadata: { name, uid } }: Droplet,
): Promise<Droplet | undefined> {
  const told = new AbortController();
  const isKnown = (droplet: Droplet | undefined): droplet is Droplet =>
    droplet?.metadata.uid === uid &&
    (droplet.status?.id !== undefined || droplet.status?.failure !== undefined);
  const stop = objects.onChange(({ kind, object }) => {
    if (kind === 'Droplet' && isKnown(object as Droplet)) told.abort();
  });
  try {
    const first = await store.get('Droplet', name);
    if (isKnown(first)) return first;
    await clock.sleep(ID_WAIT_MS, told.signal);
    const last = await store.get('Droplet', name);
    return isKnown(last) ? last : undefined;
  } finally {
    stop();
  }
}

const isId = (which: string): boolean => /^\d{1,15}$/.test(which);

async function find({ store }: ApiDeps, which: string): Promise<Droplet | undefined> {
  if (!isId(which)) {
    return objectName.safeParse(which.toLowerCase()).success
      ? store.get('Droplet', which.toLowerCase())
      : undefined;
  }
  const { items } = await store.list('Droplet');
  return items.find((droplet) => droplet.status?.id === Number(which));
}

/** A droplet of the account that has no record here, as the last sweep saw it. */
async function seen({ cloudView }: ApiDeps, which: string): Promise<DropletView | undefined> {
  const { droplets: found } = await cloudView.find(
    isId(which) ? { id: Number(which) } : { name: which },
  );
  return found.map(viewOfSeen)[0];
}

const viewOf = ({ metadata, status }: Droplet): DropletView => ({
  id: status?.id ?? null,
  name: metadata.name,
  ip: status?.ip ?? null,
  status: metadata.deletionTimestamp
    ? 'deleting'
    : status?.failure
      ? 'failed'
      : (status?.state ?? 'creating'),
});

const viewOfSeen = ({ id, name, ip, state }: CloudDroplet): DropletView => ({
  id,
  name,
  ip: ip ?? null,
  status: state,
});
