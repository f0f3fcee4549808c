import type { Clock } from '../clock.ts';
import { type Cloud, CloudError } from '../cloud/cloud.ts';
import type { AccountFull, CloudView } from '../store/cloud-view.ts';

const LOOK_MS = 60_000;

export interface RoomDeps {
  readonly cloud: Cloud;
  readonly cloudView: CloudView;
  readonly clock: Clock;
  /** Told when this process is the one that finds room: all that waited for it may go on. */
  readonly onRoom: () => void;
}

/** Whether one create, of all that would be sent now, is to find out if there is room. Pure; `now` in ms since the epoch. */
export const isRoomLookDue = ({ lookAt }: AccountFull, now: number): boolean =>
  // A time that far off was written by a clock that is ahead.
  now >= lookAt || lookAt - now > 2 * LOOK_MS;

/**
 * A Cloud that asks a full account for one droplet a minute, however many are waited for by however many processes: a
 * quota is final until something changes, and repeating spends the requests that deletes need.
 */
export function noteRoom({ cloud, cloudView, clock, onRoom }: RoomDeps): Cloud {
  const ask = async <T>(send: () => Promise<T>, count: number, signal: AbortSignal): Promise<T> => {
    const known = await cloudView.full().catch(() => undefined);
    const look = known && (await claimLook(known));
    try {
      const made = await send();
      if (look && (await note(undefined, look))) onRoom();
      return made;
    } catch (error) {
      if (!(error instanceof CloudError && error.kind === 'quota')) throw error;
      // There may be room for fewer.
      if (count > 1) throw error;
      throw await full(error, look, signal);
    }
  };

  /** Noting must not get into the way of a call. */
  const note = (now: AccountFull | undefined, known: AccountFull | undefined) =>
    cloudView.setFull(now, known).catch(() => false);

  /** Throws when it is not yet time, or another process looks. */
  const claimLook = async (known: AccountFull): Promise<AccountFull> => {
    const look = { ...known, lookAt: clock.now() + LOOK_MS };
    if (isRoomLookDue(known, clock.now()) && (await note(look, known))) return look;
    throw new CloudError('quota', known.message);
  };

  /** The first of many that are refused at once also tells how many droplets the account may have. */
  const full = async (
    error: CloudError,
    known: AccountFull | undefined,
    signal: AbortSignal,
  ): Promise<CloudError> => {
    const noted = { message: error.message, lookAt: clock.now() + LOOK_MS };
    if (!(await note(noted, known))) return error;
    const limit = await cloud.dropletLimit(signal).catch(() => undefined);
    if (limit === undefined) return error;
    const message = `${error.message} The account may have ${limit} droplets.`;
    await note({ ...noted, message }, noted);
    return new CloudError('quota', message, { status: error.status, cause: error });
  };

  return Object.assign(Object.create(cloud) as Cloud, {
    createDroplet: (request, signal) => ask(() => cloud.createDroplet(request, signal), 1, signal),
    createDroplets: (request, signal) =>
      ask(() => cloud.createDroplets(request, signal), request.names.length, signal),
  } satisfies Partial<Cloud>);
}
