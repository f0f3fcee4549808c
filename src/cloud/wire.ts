import { isIPv4 } from 'node:net';
import { z } from 'zod';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { CreateDroplet, CreateDroplets } from './cloud.ts';
import type { Page } from './pages.ts';

/** DigitalOcean's JSON, as far as it is read here. Whatever else an answer holds is ignored. */
const droplet = z
  .object({
    id: z.int().positive(),
    name: z.string(),
    status: z.enum(['new', 'active', 'off', 'archive']),
    created_at: z.string(),
    networks: z
      .object({
        v4: z
          .array(z.object({ ip_address: z.string().nullish(), type: z.string().nullish() }))
          .nullish(),
      })
      .nullish(),
    tags: z.array(z.string()).nullish(),
    region: z.object({ slug: z.string().nullish() }).nullish(),
    size_slug: z.string().nullish(),
  })
  .transform(
    (wire): CloudDroplet => ({
      id: wire.id,
      name: wire.name,
      state: wire.status,
      // The private address is often the first one: the type decides.
      ip:
        wire.networks?.v4?.find((net) => net.type === 'public' && isIPv4(net.ip_address ?? ''))
          ?.ip_address ?? undefined,
      tags: wire.tags ?? [],
      createdAt: wire.created_at,
      region: wire.region?.slug ?? undefined,
      size: wire.size_slug ?? undefined,
    }),
  );

export const dropletAnswer = z.object({ droplet });
export const dropletsAnswer = z.object({ droplets: z.array(droplet) });

/** How a page tells of the others. Documented as always there; whoever lacks one of the two is read by the other. */
const ofPages = {
  meta: z.object({ total: z.int().nonnegative().nullish() }).nullish(),
  links: z
    .object({
      pages: z.object({ next: z.string().nullish(), last: z.string().nullish() }).nullish(),
    })
    .nullish(),
};
type OfPages = z.output<z.ZodObject<typeof ofPages>>;

function aPage<T>(items: readonly T[], { meta, links }: OfPages): Page<T> {
  const { next, last } = links?.pages ?? {};
  return {
    items,
    total: meta?.total ?? undefined,
    lastLinked: links ? Math.max(numberIn(next), numberIn(last)) : undefined,
  };
}

/** The page that a link leads to; 0 when it leads to none. */
const numberIn = (link: string | null | undefined): number =>
  Number(/[?&]page=(\d{1,6})\b/.exec(link ?? '')?.[1] ?? 0);

export const dropletPage = z
  .object({ droplets: z.array(droplet), ...ofPages })
  .transform(({ droplets, ...rest }) => aPage(droplets, rest));

/** What the account may order. Prices are in USD. */
export const sizePage = z
  .object({
    sizes: z.array(
      z.object({
        slug: z.string(),
        price_hourly: z.number().nonnegative(),
        price_monthly: z.number().nonnegative(),
      }),
    ),
    ...ofPages,
  })
  .transform(({ sizes, ...rest }) => aPage(sizes, rest));

export const actionAnswer = z.object({ action: z.object({ id: z.int() }) });

export const accountAnswer = z.object({
  account: z.object({ droplet_limit: z.int().nonnegative() }),
});

/** The body of an answer that says no. A 4xx without it did not come from DigitalOcean's API. */
export const errorBody = z.object({ message: z.string() });

type Wanted = CreateDroplet | CreateDroplets;

/** The body of `POST /v2/droplets`, for one name or for several. */
export const createBody = (wanted: Wanted) => ({
  ...('names' in wanted ? { names: [...wanted.names] } : { name: wanted.name }),
  ...sharedBody(wanted),
});

const sharedBody = ({ template, tags, userData }: Wanted) => ({
  region: template.region,
  size: template.size,
  image: template.image,
  monitoring: template.monitoring,
  backups: template.backups,
  ipv6: template.ipv6,
  ...(template.vpcUUID === null ? {} : { vpc_uuid: template.vpcUUID }),
  tags: [...tags],
  user_data: userData,
});
