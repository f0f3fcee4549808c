import { findImage, type Image, REGIONS, type Region, SIZES, type Size } from './catalog.ts';
import { Refusal } from './refusal.ts';

/** Region by slug or prefix ("nyc": any of them); absent: anywhere that has the size. Throws Refusal 422. */
export function findPlace(
  region: string | undefined,
  sizeSlug: string,
  imageSlug: string | number,
): { region: Region; size: Size; image: Image } {
  const size = SIZES.find((each) => each.slug === sizeSlug);
  if (size === undefined) {
    throw new Refusal(422, 'You specified an invalid size for Droplet creation.');
  }
  const image = findImage(imageSlug);
  if (image === undefined) {
    throw new Refusal(422, 'You specified an invalid image for Droplet creation.');
  }
  const named = REGIONS.filter((each) => region === undefined || each.slug.startsWith(region));
  if (named.length === 0) {
    throw new Refusal(422, 'You specified an invalid region for Droplet creation.');
  }
  const offering = named.find((each) => size.regions.includes(each.slug));
  if (offering === undefined) throw new Refusal(422, 'Size is not available in this region.');
  return { region: offering, size, image };
}
