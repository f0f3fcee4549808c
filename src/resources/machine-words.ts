/** What a terminal, a log or a reader's eye would obey instead of show; \s and \p{Cc} hold line breaks and escapes, \p{Cs} halves of characters. */
const OBEYED = /[\s\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** A machine's own words as a part of a sentence: on one line, with nothing in them that does anything, and `most` characters at most. Pure. */
export const machineWords = (text: string, most: number): string =>
  text
    .slice(0, 10 * most)
    .replace(OBEYED, ' ')
    .trim()
    .slice(0, most)
    .replace(/[\ud800-\udbff]$/, '');
