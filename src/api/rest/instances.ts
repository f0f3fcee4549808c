import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { clusterTag } from '../../resources/cloud-droplet.ts';
import { type Instance, type InstanceSpec, instanceName, instanceSpec, numberphone } from '../../resources/instance.ts';
import { objectName, REPLACE_ANNOTATION } from '../../resources/meta.ts';
import { StoreError } from '../../store/store.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { numberOf, readBody } from './input.ts';
import { viewOf } from './instance-view.ts';
import { messages } from './messages.ts';

const createBody = z.strictObject({
  numberphone,
  provider: z.enum(['baileys', 'meta']).default('baileys'),
  enableAppointments: z.boolean().default(false),
  enableAutoInvite: z.boolean().default(false),
  className: objectName.default('default'),
});

const MAX_TRIES = 10;
const HEARTBEAT_MS = 15_000;

/** /api/instance: what a web back end needs to create, follow and delete bots. Only reads and writes records. */
export function instances(deps: ApiDeps): Hono {
  const { store, journal, bot, clock } = deps;
  const app = new Hono();

  app.post('/create', async (c) => {
    const body = await readBody(c, createBody, { numberphone: messages.number });
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
    return c.json({ success: true, data: { numberphone: body.numberphone, status: 'creating' } }, 202);
  });

  app.get('/status/:number', async (c) => c.json(viewOf(await find(deps, numberOf(c)))));

  app.get('/list', async (c) => {
    const { items } = await store.list('Instance');
    const data = items.map((instance) => ({
      numberphone: instance.spec.numberphone,
      provider: instance.spec.provider,
      ...viewOf(instance),
    }));
    return c.json({ success: true, data });
  });

  app.post('/restart/:number', async (c) => {
    const number = numberOf(c);
    await change(deps, number, (instance) => ({
      ...instance,
      spec: { ...instance.spec, restartedAt: new Date(clock.now()).toISOString() },
    }));
    return c.json({ success: true, data: { numberphone: number, status: 'restarting' } }, 202);
  });

  for (const path of ['/:number', '/delete/:number']) {
    app.delete(path, async (c) => {
      const number = numberOf(c);
      await find(deps, number);
      await store.delete('Instance', instanceName(number));
      return c.json({ success: true, data: { numberphone: number, status: 'deleting' } }, 202);
    });
  }

  app.get('/logs/:number', async (c) => {
    const number = numberOf(c);
    await find(deps, number);
    const log = await journal.readLog(instanceName(number));
    if (!log) throw new ApiError(404, messages.noLog(number));
    const wantsText = c.req.query('format') === 'text' || c.req.header('accept')?.startsWith('text/plain');
    return wantsText ? c.text(log.text) : c.json({ success: true, data: { numberphone: number, ...log } });
  });

  app.get('/qr/:number', async (c) => {
    const instance = await find(deps, numberOf(c));
    const klass = await store.get('InstanceClass', instance.spec.className);
    const host = instance.status?.ip;
    const png =
      host && klass
        ? await bot.qrPng({ host, ...klass.spec.bot }, c.req.raw.signal)
        : undefined;
    if (!png) throw new ApiError(404, messages.noQr);
    return c.body(new Uint8Array(png), 200, { 'content-type': 'image/png' });
  });

  app.get('/events/:number', async (c) => {
    const number = numberOf(c);
    const name = instanceName(number);
    let latest: Instance | undefined = await find(deps, number);
    return streamSSE(c, async (stream) => {
      let news = new AbortController();
      const stop = deps.objects.onChange(({ kind, object, type }) => {
        if (kind !== 'Instance' || object.metadata.name !== name) return;
        latest = type === 'deleted' ? undefined : (object as Instance);
        news.abort();
      });
      stream.onAbort(() => news.abort());
      let said = '';
      try {
        while (!stream.aborted) {
          news = new AbortController();
          const data = latest ? JSON.stringify(viewOf(latest)) : '';
          if (data === '') {
            await stream.writeSSE({ event: 'deleted', data: JSON.stringify({ numberphone: number }) });
            return;
          }
          if (data !== said) await stream.writeSSE({ event: 'status', data });
          else await stream.write(': still here\n\n');
          said = data;
          await clock.sleep(HEARTBEAT_MS, news.signal);
        }
      } finally {
        stop();
      }
    });
  });
  return app;
}

async function find({ store }: ApiDeps, number: string): Promise<Instance> {
  const instance = await store.get('Instance', instanceName(number));
  if (!instance) throw new ApiError(404, messages.noInstance(number));
  return instance;
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
        await store.update('Instance', {
          ...old,
          metadata: {
            ...old.metadata,
            annotations: { ...old.metadata.annotations, [REPLACE_ANNOTATION]: 'true' },
          },
          spec: { ...spec, restartedAt: new Date(clock.now()).toISOString() },
        });
      } else {
        await store.create('Instance', { name, spec });
      }
      return;
    } catch (error) {
      const isRace =
        error instanceof StoreError && ['already-exists', 'conflict', 'not-found'].includes(error.kind);
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

/** What the last sweep saw; the controller looks again, decisively, before it asks for a droplet. */
async function assertNoForeign({ cloudView }: ApiDeps, number: string): Promise<void> {
  const [{ droplets }, clusterId] = await Promise.all([
    cloudView.find({ name: instanceName(number), tag: number }),
    cloudView.clusterId(),
  ]);
  if (droplets.some((droplet) => !droplet.tags.includes(clusterTag(clusterId)))) {
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
      await deps.store.update('Instance', edit(instance));
      return;
    } catch (error) {
      const isRace = error instanceof StoreError && error.kind === 'conflict';
      if (!isRace || attempt === MAX_TRIES) throw error;
    }
  }
}
