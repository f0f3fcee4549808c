import { Hono } from 'hono';
import type { z } from 'zod';
import type { CloudDroplet } from '../../resources/cloud-droplet.ts';
import { type Droplet, dropletSpec } from '../../resources/droplet.ts';
import { controllerOwner, objectName } from '../../resources/meta.ts';
import { StoreError } from '../../store/store.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { operation } from '../openapi/operation.ts';
import {
  createDroplet,
  type DropletView,
  deleteDroplet,
  getDroplet,
  listDroplets,
  MAX_NAME,
} from './droplet-operations.ts';
import { REST_MANAGER } from './managers.ts';
import { messages } from './messages.ts';

/** How long a create waits for DigitalOcean's id; later than that the name serves. */
const ID_WAIT_MS = 10_000;

/** /api/droplet: single droplets that no instance owns, and a look at all. Only reads and writes records. */
export function droplets(deps: ApiDeps): Hono {
  const { store } = deps;
  const app = new Hono();

  const postCreate = operation(createDroplet, async (c, { body }) => {
    const { name, image = deps.image, ...template } = body;
    const droplet = await declare(deps, name, { ...template, image });
    const known = await idKnown(deps, droplet);
    if (known?.status?.failure) {
      await remove(deps, known);
      throw new ApiError(400, messages.dropletRefused(known.status.failure.message));
    }
    const id = known?.status?.id ?? null;
    const data = { id, name, ip: null, status: 'creating', message: messages.dropletCreating };
    return c.json({ success: true, data }, 202);
  });
  app.post('/create', postCreate);

  const getList = operation(listDroplets, async (c) => {
    const { items } = await store.list('Droplet');
    return c.json({ success: true, data: items.map(viewOf) });
  });
  app.get('/', getList);

  const getOne = operation(getDroplet, async (c, { params: { which } }) => {
    const record = await find(deps, which);
    const data = record ? viewOf(record) : await seen(deps, which);
    if (!data) throw new ApiError(404, messages.noDroplet(which));
    return c.json({ success: true, data });
  });
  app.get('/:which', getOne);

  const deleteOne = operation(deleteDroplet, async (c, { params: { which } }) => {
    const record = await find(deps, which);
    if (!record) throw new ApiError(404, messages.noDroplet(which));
    const { name } = record.metadata;
    const owner = controllerOwner(record.metadata);
    if (owner) throw new ApiError(409, messages.dropletOwned(name, owner.name));
    await remove(deps, record);
    return c.json({ success: true, data: { ...viewOf(record), status: 'deleting' } }, 202);
  });
  app.delete('/:which', deleteOne);
  return app;
}

async function declare(
  { store }: ApiDeps,
  name: string,
  template: z.input<typeof dropletSpec>,
): Promise<Droplet> {
  // An instance's droplet bears the instance's name: a stranger of that name would stand in its way.
  if (await store.get('Instance', name)) {
    throw new ApiError(400, messages.dropletForInstance(name));
  }
  try {
    const spec = dropletSpec.parse(template);
    return await store.create('Droplet', { name, spec }, { manager: REST_MANAGER });
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'already-exists')) throw error;
    const holder = await store.get('Droplet', name);
    throw holder?.metadata.deletionTimestamp
      ? new ApiError(409, messages.dropletDeleting(name))
      : new ApiError(400, messages.dropletExists(name));
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

/** Asks for the deletion of this very object; one that has gone meanwhile is what was wanted. */
async function remove({ store }: ApiDeps, { metadata: { name, uid } }: Droplet): Promise<void> {
  try {
    await store.delete('Droplet', name, { uid });
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'not-found')) throw error;
  }
}

const isId = (which: string): boolean => /^\d{1,15}$/.test(which);

/** By DigitalOcean's id, else by name: a name may consist of digits too. */
async function find({ store }: ApiDeps, which: string): Promise<Droplet | undefined> {
  if (isId(which)) {
    const { items } = await store.list('Droplet');
    const found = items.find((droplet) => droplet.status?.id === Number(which));
    if (found) return found;
  }
  const name = which.toLowerCase();
  return objectName.safeParse(name).success ? store.get('Droplet', name) : undefined;
}

/** A droplet of the account that has no record here, as the last sweep saw it. */
async function seen({ cloudView }: ApiDeps, which: string): Promise<DropletView | undefined> {
  if (which.length > MAX_NAME) return undefined;
  const byId = isId(which) ? await cloudView.find({ id: Number(which) }) : undefined;
  const { droplets: found } = byId?.droplets.length ? byId : await cloudView.find({ name: which });
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
