import type { Config } from '../config.ts';

/** The image of droplets whose class names none: an image is named by its slug, a snapshot by its number. */
export const imageOf = ({ DIGITALOCEAN_IMAGE: text }: Config): string | number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
