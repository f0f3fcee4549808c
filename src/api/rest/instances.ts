import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { clusterTag, uidOf } from '../../resources/cloud-droplet.ts';
import { isOfNumber, isSingle } from '../../resources/droplet.ts';
import {
  type Instance,
  type InstanceSpec,
  instanceName,
  instanceSpec,
} from '../../resources/instance.ts';
import { controllerOwner, REPLACE_ANNOTATION } from '../../resources/meta.ts';
import { StoreError } from '../../store/store.ts';
import { openStream, UNBUFFERED } from '../access/authenticate.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { operation } from '../openapi/operation.ts';
import {
  createInstance,
  deleteInstance,
  deleteInstanceToo,
  instanceEvents,
  instanceStatus,
  listInstances,
  restartInstance,
} from './instance-operations.ts';
import { viewOf } from './instance-view.ts';
import { REST_MANAGER } from './managers.ts';
import { messages } from './messages.ts';

const MAX_TRIES = 10;
const HEARTBEAT_MS = 15_000;

/** /api/instance: what a web back end needs to create, follow and delete bots. Only reads and writes records. */
export function instances(deps: ApiDeps): Hono {
  const { store, clock } = deps;
  const app = new Hono();

  const postCreate = operation(createInstance, async (c, { body }) => {
    if (!(await store.get('InstanceClass', body.className))) {
      throw new ApiError(400, messages.noClass(body.className));
    }
    const spec = instanceSpec.parse({
      numberphone: body.numberphone,
      provider: body.provider,
      features: { appointments: body.enableAppointments, autoInvite: body.enableAutoInvite },
      className: body.className,
    });
    await create(deps, spec);
    return c.json(
      { success: true, data: { numberphone: body.numberphone, status: 'creating' } },
      202,
    );
  });
  app.post('/create', postCreate);

  const getStatus = operation(instanceStatus, async (c, { params }) =>
    c.json(viewOf(await find(deps, params.numberphone))),
  );
  app.get('/status/:numberphone', getStatus);

  const getList = operation(listInstances, async (c) => {
    await deps.objects.caughtUp();
    const { items } = deps.objects.list('Instance');
    const data = items.map((instance) => ({
      numberphone: instance.spec.numberphone,
      provider: instance.spec.provider,
      ...viewOf(instance),
    }));
    return c.json({ success: true, data });
  });
  app.get('/list', getList);

  const postRestart = operation(restartInstance, async (c, { params }) => {
    const { numberphone: number } = params;
    await change(deps, number, (instance) => ({
      ...instance,
      spec: { ...instance.spec, restartedAt: new Date(clock.now()).toISOString() },
    }));
    return c.json({ success: true, data: { numberphone: number, status: 'restarting' } }, 202);
  });

  app.post('/restart/:numberphone', postRestart);

  const remove = async (c: Context, number: string): Promise<Response> => {
    try {
      await store.delete('Instance', instanceName(number));
    } catch (error) {
      const isGone = error instanceof StoreError && error.kind === 'not-found';
      throw isGone ? new ApiError(404, messages.noInstance(number)) : error;
    }
    return c.json({ success: true, data: { numberphone: number, status: 'deleting' } }, 202);
  };
  for (const [path, described] of [
    ['/:numberphone', deleteInstance],
    ['/delete/:numberphone', deleteInstanceToo],
  ] as const) {
    const answer = operation(described, (c, { params }) => remove(c, params.numberphone));
    app.delete(path, answer);
  }

  const getEvents = operation(instanceEvents, async (c, { params }) => {
    const { numberphone: number } = params;
    if (c.req.method === 'HEAD') {
      await find(deps, number);
      return c.body(null, 200, { 'content-type': 'text/event-stream' });
    }
    const close = openStream(c);
    const followed = await follow(deps, number).catch((error: unknown) => {
      close();
      throw error;
    });
    c.header(...UNBUFFERED);
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => followed.end());
      let said = '';
      try {
        while (!stream.aborted) {
          const { instance, changed } = followed.look();
          if (!instance) {
            await stream.writeSSE({
              event: 'deleted',
              data: JSON.stringify({ numberphone: number }),
            });
            return;
          }
          const data = JSON.stringify(viewOf(instance));
          if (data !== said) await stream.writeSSE({ event: 'status', data });
          said = data;
          await clock.sleep(HEARTBEAT_MS, changed);
          if (!changed.aborted) await stream.write(': still here\n\n');
        }
      } finally {
        followed.end();
        close();
      }
    });
  });
  app.get('/events/:numberphone', getEvents);
  return app;
}

async function find({ store }: ApiDeps, number: string): Promise<Instance> {
  const instance = await store.get('Instance', instanceName(number));
  if (!instance) throw new ApiError(404, messages.noInstance(number));
  return instance;
}

interface Followed {
  /** As it stands, undefined once it is gone; and a signal of the next change. */
  look(): { readonly instance: Instance | undefined; readonly changed: AbortSignal };
  end(): void;
}

/** Listens first and reads then, so that no change falls between. Throws ApiError 404. */
async function follow(deps: ApiDeps, number: string): Promise<Followed> {
  const name = instanceName(number);
  let news = new AbortController();
  let latest: { readonly revision: number; readonly instance: Instance | undefined } | undefined;
  const take = (instance: Instance, isGone: boolean): void => {
    const revision = Number(instance.metadata.resourceVersion);
    // The cache is behind what was read: it may still tell of what was before.
    if (latest && revision <= latest.revision) return;
    latest = { revision, instance: isGone ? undefined : instance };
    news.abort();
  };
  const stop = deps.objects.onChange(({ type, kind, object }) => {
    if (kind === 'Instance' && object.metadata.name === name) {
      take(object as Instance, type === 'deleted');
    }
  });
  try {
    take(await find(deps, number), false);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    look: () => {
      news = new AbortController();
      return { instance: latest?.instance, changed: news.signal };
    },
    end: () => {
      stop();
      news.abort();
    },
  };
}

/** Declares an instance, or replaces a failed one. The store's uniqueness of names and its compare-and-swap let exactly one of many callers through. */
async function create(deps: ApiDeps, spec: InstanceSpec): Promise<void> {
  const { store, clock } = deps;
  const name = instanceName(spec.numberphone);
  for (let attempt = 1; ; attempt++) {
    const old = await store.get('Instance', name);
    if (old) assertReplaceable(old);
    else await assertNoForeign(deps, spec.numberphone);
    try {
      if (old) {
        const renewed = {
          ...old,
          metadata: {
            ...old.metadata,
            annotations: { ...old.metadata.annotations, [REPLACE_ANNOTATION]: 'true' },
          },
          spec: { ...spec, restartedAt: new Date(clock.now()).toISOString() },
        };
        await store.update('Instance', renewed, { manager: REST_MANAGER });
      } else {
        await store.create('Instance', { name, spec }, { manager: REST_MANAGER });
      }
      return;
    } catch (error) {
      const isRace =
        error instanceof StoreError &&
        ['already-exists', 'conflict', 'not-found'].includes(error.kind);
      if (!isRace || attempt === MAX_TRIES) throw error;
    }
  }
}

function assertReplaceable({ metadata, status }: Instance): void {
  if (metadata.deletionTimestamp) throw new ApiError(409, messages.stillDeleting);
  if (status?.failure?.generation !== metadata.generation) {
    throw new ApiError(400, messages.alreadyExists);
  }
}

/**
 * No single droplet of ours and, in the last sweep, none of anybody else's serves the number. The controller looks again,
 * decisively, before it asks for a droplet.
 */
async function assertNoForeign(
  { store, cloudView, objects }: ApiDeps,
  number: string,
): Promise<void> {
  const [record, { droplets }, clusterId] = await Promise.all([
    store.get('Droplet', instanceName(number)),
    cloudView.find({ name: instanceName(number), tag: number }),
    cloudView.clusterId(),
  ]);
  if (record && !controllerOwner(record.metadata)) {
    throw record.metadata.deletionTimestamp
      ? new ApiError(409, messages.dropletDeleting(record.metadata.name))
      : new ApiError(400, messages.alreadyExists);
  }
  const uids = new Set(droplets.map(uidOf));
  const isLeft = objects
    .list('Droplet')
    .items.some((one) => isSingle(one) && (isOfNumber(one, number) || uids.has(one.metadata.uid)));
  if (isLeft || droplets.some((droplet) => !droplet.tags.includes(clusterTag(clusterId)))) {
    throw new ApiError(400, messages.alreadyExists);
  }
}

async function change(
  deps: ApiDeps,
  number: string,
  edit: (instance: Instance) => Instance,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const instance = await find(deps, number);
    if (instance.metadata.deletionTimestamp) throw new ApiError(409, messages.stillDeleting);
    try {
      await deps.store.update('Instance', edit(instance), { manager: REST_MANAGER });
      return;
    } catch (error) {
      const isRace = error instanceof StoreError && error.kind === 'conflict';
      if (!isRace || attempt === MAX_TRIES) throw error;
    }
  }
}
