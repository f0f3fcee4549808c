import { type CloudDroplet, uidTag } from '../resources/cloud-droplet.ts';
import type { CloudView, SweepDiff } from './cloud-view.ts';

export type FindDroplets = Parameters<CloudView['find']>[0];

/** What a droplet of a snapshot can be found by, as record-sweep.lua indexes it. DigitalOcean's names are ASCII. */
export const termsOf = (droplet: CloudDroplet): readonly string[] => [
  `name:${droplet.name.toLowerCase()}`,
  ...droplet.tags.map((tag) => `tag:${tag}`),
];

/** The terms that answer a search, any of which suffices. A uid is looked for by its tag. */
export function searchTerms(what: FindDroplets): readonly string[] {
  return [
    ...(what.name === undefined ? [] : [`name:${what.name.toLowerCase()}`]),
    ...(what.uid === undefined ? [] : [`tag:${uidTag(what.uid)}`]),
    ...(what.tag === undefined ? [] : [`tag:${what.tag}`]),
  ];
}

/** What a sweep tells, given the droplets that may have changed and what they were before. */
export const diffOf = (
  before: ReadonlyMap<number, CloudDroplet>,
  now: readonly CloudDroplet[],
  missing: readonly CloudDroplet[],
): SweepDiff => ({
  changed: now
    .filter((droplet) => {
      const past = before.get(droplet.id);
      return past === undefined || essence(past) !== essence(droplet);
    })
    .sort(byId),
  missing: [...missing].sort(byId),
});

export const byId = (a: CloudDroplet, b: CloudDroplet): number => a.id - b.id;

/** Tags have no order of their own. */
const essence = ({ name, state, ip, tags }: CloudDroplet): string =>
  JSON.stringify([name, state, ip ?? null, [...tags].sort()]);
