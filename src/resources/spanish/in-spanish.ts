import { CLOUD_SENTENCES } from './cloud-sentences.ts';
import { DROPLET_SENTENCES } from './droplet-sentences.ts';
import { EVENT_SENTENCES } from './event-sentences.ts';
import { INSTANCE_SENTENCES } from './instance-sentences.ts';
import { MACHINE_SENTENCES } from './machine-sentences.ts';
import { quoted, readerOf, type Sentence } from './sentence.ts';

export const SENTENCES: readonly Sentence[] = [
  ...INSTANCE_SENTENCES,
  ...DROPLET_SENTENCES,
  ...MACHINE_SENTENCES,
  ...CLOUD_SENTENCES,
  ...EVENT_SENTENCES,
];

/**
 * The Spanish of what the controller says, for people; undefined: nobody here wrote it, a machine or a cloud did. Parts of
 * that kind stand in «» as they were. Pure.
 */
export const inSpanish = readerOf(SENTENCES);

/** The same for whoever must be told something: a machine's own words stay as they are, in «». Pure. */
export const spanishOf = (text: string): string => inSpanish(text) ?? quoted(text);
