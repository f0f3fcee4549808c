/** What the simulated provider sells: a small part of DigitalOcean's catalogue, with its slugs. */

export interface Region {
  readonly slug: string;
  readonly name: string;
  readonly features: readonly string[];
  readonly available: boolean;
  readonly sizes: readonly string[];
}

export interface Size {
  readonly slug: string;
  /** MB. */
  readonly memory: number;
  readonly vcpus: number;
  /** GB. */
  readonly disk: number;
  /** TB a month. */
  readonly transfer: number;
  /** USD. */
  readonly price_monthly: number;
  readonly price_hourly: number;
  readonly regions: readonly string[];
  readonly available: boolean;
  readonly description: string;
}

export interface Image {
  readonly id: number;
  readonly name: string;
  readonly distribution: string;
  readonly slug: string | null;
  readonly public: boolean;
  readonly regions: readonly string[];
  readonly created_at: string;
  readonly type: 'base' | 'snapshot';
  readonly min_disk_size: number;
  readonly size_gigabytes: number;
  readonly description: string;
  readonly tags: readonly string[];
  readonly status: 'available' | 'retired';
  readonly error_message: string;
}

const REGION_NAMES = {
  nyc1: 'New York 1',
  nyc3: 'New York 3',
  sfo2: 'San Francisco 2',
  sfo3: 'San Francisco 3',
  ams3: 'Amsterdam 3',
  sgp1: 'Singapore 1',
  lon1: 'London 1',
  fra1: 'Frankfurt 1',
  tor1: 'Toronto 1',
  blr1: 'Bangalore 1',
  syd1: 'Sydney 1',
} as const;

const regionSlugs = Object.keys(REGION_NAMES);
/** The smallest size is not offered everywhere. */
const smallestIn = ['nyc1', 'nyc3', 'sfo2', 'sfo3', 'ams3', 'fra1'];

const size = (
  slug: string,
  memory: number,
  vcpus: number,
  disk: number,
  monthly: number,
  regions: readonly string[],
): Size => ({
  slug,
  memory,
  vcpus,
  disk,
  transfer: memory / 1024,
  price_monthly: monthly,
  price_hourly: Math.round((monthly / 672) * 100_000) / 100_000,
  regions,
  available: true,
  description: 'Basic',
});

export const SIZES: readonly Size[] = [
  size('s-1vcpu-512mb-10gb', 512, 1, 10, 4, smallestIn),
  size('s-1vcpu-1gb', 1024, 1, 25, 6, regionSlugs),
  size('s-1vcpu-2gb', 2048, 1, 50, 12, regionSlugs),
  size('s-2vcpu-2gb', 2048, 2, 60, 18, regionSlugs),
  size('s-2vcpu-4gb', 4096, 2, 80, 24, regionSlugs),
];

export const REGIONS: readonly Region[] = Object.entries(REGION_NAMES).map(([slug, name]) => ({
  slug,
  name,
  features: ['backups', 'ipv6', 'metadata', 'install_agent', 'storage', 'image_transfer'],
  available: true,
  sizes: SIZES.filter((each) => each.regions.includes(slug)).map((each) => each.slug),
}));

const image = (
  id: number,
  slug: string | null,
  distribution: string,
  name: string,
  created: string,
): Image => ({
  id,
  name,
  distribution,
  slug,
  public: slug !== null,
  regions: regionSlugs,
  created_at: created,
  type: slug === null ? 'snapshot' : 'base',
  min_disk_size: 7,
  size_gigabytes: 2.4,
  description: `${distribution} ${name}`,
  tags: [],
  status: 'available',
  error_message: '',
});

export const IMAGES: readonly Image[] = [
  image(195_000_001, 'ubuntu-24-04-x64', 'Ubuntu', '24.04 (LTS) x64', '2026-01-15T10:00:00Z'),
  image(195_000_002, 'ubuntu-22-04-x64', 'Ubuntu', '22.04 (LTS) x64', '2026-01-15T10:00:00Z'),
  image(195_000_003, 'debian-12-x64', 'Debian', '12 x64', '2026-01-15T10:00:00Z'),
  image(195_000_004, 'debian-13-x64', 'Debian', '13 x64', '2026-01-15T10:00:00Z'),
  /** A private snapshot: found by its id only. */
  image(195_000_101, null, 'Ubuntu', 'clientfy-bot', '2026-02-01T10:00:00Z'),
];

/** A slug, or an id as number or digits. Private images have no slug. */
export function findImage(wanted: string | number): Image | undefined {
  return IMAGES.find((each) =>
    /^\d+$/.test(String(wanted)) ? each.id === Number(wanted) : each.slug === wanted,
  );
}
