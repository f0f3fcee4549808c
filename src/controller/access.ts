import type { Clock } from '../clock.ts';
import { type Cloud, CloudError } from '../cloud/cloud.ts';
import type { CloudAccess, CloudView } from '../store/cloud-view.ts';

/** Between two creates that look whether they are taken again … */
const LOOK_MS = 60_000;
/** … and between two looks of any call: the first soon, for a refusal may be a passing one. */
const FIRST_LOOK_MS = 5_000;
const LONGEST_LOOK_MS = 20_000;

export interface AccessDeps {
  readonly cloud: Cloud;
  readonly cloudView: CloudView;
  readonly clock: Clock;
  /** Told when this process is the one that finds the token taken again: all that waited for it may go on. */
  readonly onRestored: () => void;
}

/** Whether one call, of all that would be sent now, is to find out if the token is taken again. Pure; `now` in ms since the epoch. */
export function isLookDue({ lookAt = 0 }: CloudAccess, now: number): boolean {
  // A time that far off was written by a clock that is ahead.
  return now >= lookAt || lookAt - now > 2 * LOOK_MS;
}

/**
 * A Cloud that notes, for all processes and for readiness, whether DigitalOcean takes the token. After a 401 to any call,
 * or a 403 to a create, what was refused is not sent any more, but for one look at a time among all processes: a create
 * a minute when creates alone are refused, as to a token without their scope, else whichever call comes first.
 */
export function noteAccess({ cloud, cloudView, clock, onRestored }: AccessDeps): Cloud {
  const ask = async <T>(send: () => Promise<T>, isCreate = false): Promise<T> => {
    const known = await lastKnown();
    const isShut =
      known !== 'nobody knows' && known?.ok === false && (isCreate || known.refused !== 'creates');
    const look = isShut ? await claimLook(known) : undefined;
    try {
      const result = await send();
      if (look) await restored(look);
      else if (known === undefined)
        await note({ ok: true, message: '', since: clock.now() }, known);
      return result;
    } catch (error) {
      if (!(error instanceof CloudError && error.kind === 'unauthorized')) throw error;
      if (known === 'nobody knows' || !(isCreate || error.status === 401)) throw error;
      throw await refused(error, look ?? known, isCreate);
    }
  };

  /** Noting must not get into the way of a call; nor does a Redis that is away, for then the budget sends nothing. */
  const lastKnown = () => cloudView.access().catch(() => 'nobody knows' as const);
  const note = (access: CloudAccess, known: CloudAccess | undefined) =>
    cloudView.setAccess(access, known).catch(() => false);

  /** Throws when it is not yet time, or another process looks. */
  const claimLook = async (known: CloudAccess): Promise<CloudAccess> => {
    const now = clock.now();
    const look = { ...known, lookAt: now + betweenLooks(known, now) };
    const isDue = isLookDue(known, now);
    if (isDue && (await note(look, known))) return look;
    const { lookAt } = isDue ? look : known;
    throw new CloudError('unauthorized', known.message, { retryAt: lookAt });
  };

  const restored = async (look: CloudAccess): Promise<void> => {
    if (await note({ ok: true, message: '', since: clock.now() }, look)) onRestored();
  };

  const refused = async (
    error: CloudError,
    known: CloudAccess | undefined,
    isCreate: boolean,
  ): Promise<CloudError> => {
    const { message, status } = error;
    const now = clock.now();
    const scope = isCreate ? 'creates' : 'all';
    const isNews = known?.ok !== false || known.refused !== scope;
    const access: CloudAccess = {
      ok: false,
      message,
      since: known?.ok === false ? known.since : now,
      refused: scope,
      lookAt:
        isNews || known.lookAt === undefined
          ? now + (isCreate ? LOOK_MS : FIRST_LOOK_MS)
          : known.lookAt,
    };
    await note(access, known);
    return new CloudError('unauthorized', message, {
      status,
      retryAt: access.lookAt,
      cause: error,
    });
  };

  return {
    listDroplets: (signal) => ask(() => cloud.listDroplets(signal)),
    findByName: (name, signal) => ask(() => cloud.findByName(name, signal)),
    getDroplet: (id, signal) => ask(() => cloud.getDroplet(id, signal)),
    createDroplet: (request, signal) => ask(() => cloud.createDroplet(request, signal), true),
    createDroplets: (request, signal) => ask(() => cloud.createDroplets(request, signal), true),
    deleteDroplet: (id, signal) => ask(() => cloud.deleteDroplet(id, signal)),
    act: (id, action, signal) => ask(() => cloud.act(id, action, signal)),
    rename: (id, name, signal) => ask(() => cloud.rename(id, name, signal)),
    sizePrices: (signal) => cloud.sizePrices(signal),
    dropletLimit: (signal) => cloud.dropletLimit(signal),
  };
}

/** 5 s, 10 s, then 20 s; a create that is refused is not sent sooner than after a minute. */
const betweenLooks = ({ refused, since }: CloudAccess, now: number): number =>
  refused === 'creates' ? LOOK_MS : Math.min(LONGEST_LOOK_MS, Math.max(FIRST_LOOK_MS, now - since));
