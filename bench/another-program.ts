import { uidTag } from '../src/resources/cloud-droplet.ts';
import type { Droplet } from '../src/resources/droplet.ts';
import type { World } from '../test/chaos/world.ts';
import { viewOf } from './light-fleet.ts';

/** What another program, or somebody in DigitalOcean's panel, does to a droplet of ours. */
export const DEEDS = ['switch it off', 'delete it', 'give it to nobody'] as const;
export type Deed = (typeof DEEDS)[number];

/** One of them, done at a moment in ms since the epoch. */
export interface OutsideChange {
  readonly deed: Deed;
  readonly droplet: Droplet;
  readonly at: number;
}

/** By a token of its own, so that the controller's budget does not tell of it. */
const HEADERS = { authorization: 'Bearer another-program', 'content-type': 'application/json' };

/** Does it by the API, as anybody would. `at` is when it was accepted: from then on a list shows it. Requests: one. */
export async function doOutside(
  { cloud }: World,
  droplet: Droplet,
  deed: Deed,
): Promise<OutsideChange> {
  const { method, path, body } = requestOf(droplet, deed);
  const answer = await fetch(`${cloud.url}/v2/${path}`, {
    method,
    headers: HEADERS,
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`To ${deed} was answered ${answer.status}.`);
  return { deed, droplet, at: Date.now() };
}

function requestOf({ metadata, status }: Droplet, deed: Deed) {
  const id = status?.id ?? 0;
  switch (deed) {
    case 'switch it off':
      return { method: 'POST', path: `droplets/${id}/actions`, body: { type: 'power_off' } };
    case 'delete it':
      return { method: 'DELETE', path: `droplets/${id}`, body: undefined };
    case 'give it to nobody':
      return {
        method: 'DELETE',
        path: `tags/${uidTag(metadata.uid)}/resources`,
        body: { resources: [{ resource_id: String(id), resource_type: 'droplet' }] },
      };
  }
}

/** Whether the controller's own records show it: those of the droplet, or of the account where that is all there is to change. */
export async function isNoticed(
  world: World,
  { deed, droplet: { metadata, status } }: OutsideChange,
): Promise<boolean> {
  if (deed === 'give it to nobody') {
    const { droplets } = await viewOf(world).find({ id: status?.id });
    return droplets.every(({ tags }) => !tags.includes(uidTag(metadata.uid)));
  }
  const now = (await world.store.get('Droplet', metadata.name))?.status;
  return deed === 'delete it'
    ? now?.id !== status?.id || now?.missingSince !== undefined
    : now?.state === 'off' || now?.action !== undefined;
}
