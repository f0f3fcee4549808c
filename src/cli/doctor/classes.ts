import { z } from 'zod';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { Ask } from './account.ts';
import { type Check, failed, ok, warning } from './check.ts';

const sizesBody = z.object({
  sizes: z.array(
    z.object({ slug: z.string(), available: z.boolean(), regions: z.array(z.string()) }),
  ),
});
const regionsBody = z.object({
  regions: z.array(z.object({ slug: z.string(), available: z.boolean() })),
});
const imageBody = z.object({
  image: z.object({ regions: z.array(z.string()), status: z.string().default('available') }),
});

/** Whether DigitalOcean sells what each class asks for: size and image, in its region. `image` stands in for the default one. */
export async function checkClasses(
  ask: Ask,
  classes: ReadonlyMap<string, InstanceClassSpec>,
  imageOf: (spec: InstanceClassSpec) => string | number,
): Promise<Check[]> {
  const sizes = sizesBody.safeParse((await ask('GET', 'sizes?per_page=200')).body);
  const regions = regionsBody.safeParse((await ask('GET', 'regions?per_page=200')).body);
  if (!sizes.success || !regions.success) {
    return [warning('classes', 'DigitalOcean did not say which sizes and regions it has.')];
  }
  const checks: Check[] = [];
  for (const [name, spec] of classes) {
    const { region, size } = spec.droplet;
    const image = imageOf(spec);
    const trouble =
      regionTrouble(region, regions.data.regions) ??
      sizeTrouble(size, region, sizes.data.sizes) ??
      (await imageTrouble(ask, image, region));
    checks.push(
      trouble === undefined
        ? ok(`class ${name}`, `${size} and ${image} are to be had in ${region}`)
        : failed(`class ${name}`, trouble),
    );
  }
  return checks;
}

function regionTrouble(
  wanted: string,
  regions: z.infer<typeof regionsBody>['regions'],
): string | undefined {
  const region = regions.find(({ slug }) => slug === wanted);
  if (region === undefined) {
    const all = regions.map(({ slug }) => slug).join(', ');
    return `There is no region ${wanted}: set droplet.region to one of ${all}.`;
  }
  return region.available
    ? undefined
    : `The region ${wanted} takes no new droplets now: set droplet.region to another.`;
}

function sizeTrouble(
  wanted: string,
  region: string,
  sizes: z.infer<typeof sizesBody>['sizes'],
): string | undefined {
  const size = sizes.find(({ slug }) => slug === wanted);
  if (size === undefined) return `There is no size ${wanted}: see "doctl compute size list".`;
  if (size.available && size.regions.includes(region)) return undefined;
  const others = size.available ? size.regions : [];
  return others.length === 0
    ? `The size ${wanted} is not sold now: set droplet.size to another.`
    : `The size ${wanted} is not sold in ${region}: set droplet.region to one of ${others.join(', ')}, or another droplet.size.`;
}

async function imageTrouble(
  ask: Ask,
  image: string | number,
  region: string,
): Promise<string | undefined> {
  const answer = await ask('GET', `images/${encodeURIComponent(image)}`);
  if (answer.status === 404) {
    return `There is no image ${image}: set droplet.image, or DIGITALOCEAN_IMAGE, to one of "doctl compute image list".`;
  }
  const told = imageBody.safeParse(answer.body);
  // The scope image:read is not needed but for this look.
  if (!told.success) return undefined;
  const { regions, status } = told.data.image;
  if (status !== 'available')
    return `The image ${image} is ${status}: set droplet.image to another.`;
  return regions.includes(region)
    ? undefined
    : `The image ${image} is not in ${region}, but in ${regions.join(', ') || 'no region'}: copy it there, or set another droplet.region.`;
}
