import { rfc3339 } from '../clock.ts';
import type { ActionRecord, DropletRecord } from './records.ts';

/** A droplet as the API shows it. `tags`: shown instead of the applied ones (the answer to a create has them all). */
export function dropletJson(droplet: DropletRecord, tags: readonly string[] = droplet.tags) {
  const { id, name, size, region, image, status, locked } = droplet;
  return {
    id,
    name,
    memory: size.memory,
    vcpus: size.vcpus,
    disk: size.disk,
    disk_info: [{ type: 'local', size: { amount: size.disk, unit: 'gib' } }],
    locked,
    status,
    kernel: null,
    created_at: rfc3339(droplet.createdAt),
    features: droplet.features,
    backup_ids: [],
    next_backup_window: null,
    snapshot_ids: [],
    image,
    volume_ids: [],
    size,
    size_slug: size.slug,
    networks: { v4: addressesJson(droplet), v6: [] },
    region,
    tags,
    vpc_uuid: droplet.vpcUuid,
  };
}

/** The private address stands before the public one, as in DigitalOcean's examples: pick by `type`. */
function addressesJson(droplet: DropletRecord) {
  const { address, addressShown } = droplet;
  if (address === undefined || !addressShown) return [];
  const [, , third, fourth] = address.split('.');
  return [
    {
      ip_address: `10.132.${third}.${fourth}`,
      netmask: '255.255.0.0',
      gateway: '10.132.0.1',
      type: 'private',
    },
    {
      ip_address: address,
      netmask: '255.255.0.0',
      gateway: address.replace(/\.\d+\.\d+$/, '.0.1'),
      type: 'public',
    },
  ];
}

export function actionJson(action: ActionRecord) {
  return {
    id: action.id,
    status: action.status,
    type: action.type,
    started_at: rfc3339(action.startedAt),
    completed_at: action.completedAt === undefined ? null : rfc3339(action.completedAt),
    resource_id: action.dropletId,
    resource_type: 'droplet',
    region: action.region,
    region_slug: action.region.slug,
  };
}

/** One page of `items` (page from 1), with absolute links, only those that make sense, and the total. */
export function pageJson<T>(
  key: string,
  items: readonly T[],
  page: number,
  perPage: number,
  url: string,
) {
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const link = (to: number) => {
    const target = new URL(url);
    target.searchParams.set('page', String(to));
    target.searchParams.set('per_page', String(perPage));
    return target.href;
  };
  const pages = {
    ...(page > 1 ? { first: link(1), prev: link(page - 1) } : {}),
    ...(page < last ? { next: link(page + 1), last: link(last) } : {}),
  };
  return {
    [key]: items.slice((page - 1) * perPage, page * perPage),
    links: Object.keys(pages).length === 0 ? {} : { pages },
    meta: { total: items.length },
  };
}
