/** One droplet as DigitalOcean tells of it, in our words. */
export interface CloudDroplet {
  readonly id: number;
  readonly name: string;
  readonly state: 'new' | 'active' | 'off' | 'archive';
  /** Public IPv4 address; absent until one is assigned. */
  readonly ip?: string | undefined;
  /** Applied by DigitalOcean some time after the create. */
  readonly tags: readonly string[];
  /** RFC 3339, DigitalOcean's clock. */
  readonly createdAt: string;
  readonly region?: string | undefined;
  readonly size?: string | undefined;
}

/** On every droplet that any Orquesta made. */
export const ORQUESTA_TAG = 'orquesta';
/** Tells apart several Orquestas on one DigitalOcean account. */
export const clusterTag = (clusterId: string): string => `${CLUSTER_TAG_PREFIX}${clusterId}`;
const CLUSTER_TAG_PREFIX = 'orquesta-cluster:';
export const isClusterTag = (tag: string): boolean => tag.startsWith(CLUSTER_TAG_PREFIX);
/** Binds a droplet to one Droplet object, for ever: names come back, uids don't. */
export const uidTag = (uid: string): string => `orquesta-uid:${uid}`;

/**
 * On a droplet that was made for a pool, in place of a uid: several are made by one request and share their tags. Such a
 * droplet is known by its name, which is made up at random for one Droplet object and never given again.
 */
export const poolTag = (poolUid: string): string => `${POOL_TAG_PREFIX}${poolUid}`;
const POOL_TAG_PREFIX = 'orquesta-pool:';

export const wasMadeForPool = (droplet: CloudDroplet): boolean =>
  droplet.tags.some((tag) => tag.startsWith(POOL_TAG_PREFIX));

const UID_TAG = /^orquesta-uid:(.+)$/;

/** The uid that a droplet's tags bear, if they do. */
export function uidOf(droplet: CloudDroplet): string | undefined {
  for (const tag of droplet.tags) {
    const uid = UID_TAG.exec(tag)?.[1];
    if (uid) return uid;
  }
  return undefined;
}
