import type { Clock } from '../clock.ts';
import { type Cloud, CloudError } from '../cloud/cloud.ts';
import type { CloudView } from '../store/cloud-view.ts';

/** A refusal is believed for so long: a token that may list but not create would be taken for a good one otherwise. */
const BELIEVED_MS = 55_000;

/**
 * A Cloud that notes, for all processes and for readiness, whether DigitalOcean takes the token. A 401 from any call and a
 * 403 to a create stop all creates; the first success a minute later lets them go on.
 */
export function noteAccess(cloud: Cloud, view: CloudView, clock: Clock): Cloud {
  const note = async <T>(call: Promise<T>, isCreate = false): Promise<T> => {
    try {
      const result = await call;
      const known = await view.access();
      const now = clock.now();
      if (!known || (!known.ok && (isCreate || now - known.since > BELIEVED_MS))) {
        await view.setAccess({ ok: true, message: '', since: now });
      }
      return result;
    } catch (error) {
      if (error instanceof CloudError && error.kind === 'unauthorized') {
        const known = await view.access();
        if ((isCreate || error.status === 401) && known?.ok !== false) {
          await view.setAccess({ ok: false, message: error.message, since: clock.now() });
        }
      }
      throw error;
    }
  };
  return {
    listDroplets: (signal) => note(cloud.listDroplets(signal)),
    findByName: (name, signal) => note(cloud.findByName(name, signal)),
    getDroplet: (id, signal) => note(cloud.getDroplet(id, signal)),
    createDroplet: (request, signal) => note(cloud.createDroplet(request, signal), true),
    createDroplets: (request, signal) => note(cloud.createDroplets(request, signal), true),
    deleteDroplet: (id, signal) => note(cloud.deleteDroplet(id, signal)),
    act: (id, action, signal) => note(cloud.act(id, action, signal)),
    rename: (id, name, signal) => note(cloud.rename(id, name, signal)),
    sizePrices: (signal) => cloud.sizePrices(signal),
    dropletLimit: (signal) => cloud.dropletLimit(signal),
  };
}
