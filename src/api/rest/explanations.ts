import { Hono } from 'hono';
import { instanceName } from '../../resources/instance.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { explain } from '../explain/explain.ts';
import { operation } from '../openapi/operation.ts';
import { explainInstance } from './instance-operations.ts';
import { preferredLanguage } from './language.ts';
import { messages } from './messages.ts';

/** GET /api/instance/explain/{numberphone}: what an instance does, what it waits for, and what can be done. */
export function explanations({ store, journal, clock }: ApiDeps): Hono {
  const app = new Hono();
  const answer = operation(explainInstance, async (c, { params, query }) => {
    const { numberphone } = params;
    const name = instanceName(numberphone);
    const [instance, droplet, timeline, journeys] = await Promise.all([
      store.get('Instance', name),
      store.get('Droplet', name),
      journal.timeline(name),
      journal.journeys(),
    ]);
    if (!instance) throw new ApiError(404, messages.noInstance(numberphone));
    const klass = await store.get('InstanceClass', instance.spec.className);
    const records = { instance, droplet, klass: klass?.spec, timeline, journeys };
    const language = query.lang ?? preferredLanguage(c.req.header('accept-language'));
    c.header('content-language', language);
    return c.json({ success: true, data: explain(records, language, clock.now()) });
  });
  app.get('/:numberphone', answer);
  return app;
}
