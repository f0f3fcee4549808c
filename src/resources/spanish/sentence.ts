/**
 * An English sentence of the controller and the same in Spanish. `{name}` stands for a word that is repeated as it is,
 * `{name+}` for several, and `{name*}` for a part that is a sentence of its own.
 */
export type Sentence = readonly [english: string, spanish: string];

/** The Spanish of a text; undefined: it is none of these sentences. */
export type Reader = (text: string) => string | undefined;

/** What nobody here wrote, in the quotation marks that tell so. */
export const quoted = (text: string): string => `«${text}»`;

/** A sentence within a sentence within a sentence: nothing that is written here goes deeper. */
const MOST_DEPTH = 4;
/** An event has at most 1,024 characters, and what is said of an instance is not much longer: of more, most is a machine's. */
const MOST_CHARACTERS = 2_000;
/** What is written here takes some tens of them; a machine's words can be made so that they would take thousands. */
const MOST_READINGS = 200;

interface Form {
  readonly patterns: readonly RegExp[];
  readonly sentences: ReadonlySet<string>;
  /** Its own characters. */
  readonly size: number;
  readonly spanish: string;
}

interface Reading {
  readonly text: string;
  /** Characters that had to be quoted. */
  readonly unknown: number;
}

/** Readings that one text may still take. */
interface Budget {
  left: number;
}

/**
 * Reads texts that were made of these sentences. Where several fit, the one counts that leaves the least unknown; then one
 * that has another sentence in it, and the longest. What takes too long to read is unknown: machines have their words in these texts.
 */
export function readerOf(all: readonly Sentence[]): Reader {
  const forms = all
    .map(formOf)
    .sort((a, b) => Number(b.sentences.size > 0) - Number(a.sentences.size > 0) || b.size - a.size);
  const read = (text: string, depth: number, budget: Budget): Reading | undefined => {
    if (budget.left-- <= 0) return undefined;
    let best: Reading | undefined;
    for (const form of depth > MOST_DEPTH ? [] : forms) {
      for (const pattern of form.patterns) {
        const found = pattern.exec(text);
        if (!found) continue;
        const reading = translated(form, found.groups ?? {}, depth, budget);
        if (!best || reading.unknown < best.unknown) best = reading;
        if (best.unknown === 0) return best;
      }
    }
    return best;
  };
  const translated = (
    { spanish, sentences }: Form,
    parts: Readonly<Record<string, string>>,
    depth: number,
    budget: Budget,
  ): Reading => {
    let unknown = 0;
    const text = spanish.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const part = parts[name] ?? '';
      if (!sentences.has(name)) return part;
      const reading = read(part, depth + 1, budget) ?? {
        text: quoted(part),
        unknown: part.length,
      };
      unknown += reading.unknown;
      return reading.text;
    });
    return { text, unknown };
  };
  return (text) =>
    text.length > MOST_CHARACTERS ? undefined : read(text, 0, { left: MOST_READINGS })?.text;
}

function formOf([english, spanish]: Sentence): Form {
  const sentences = new Set<string>();
  const pattern = (isGreedy: boolean) => {
    const source = english
      .split(/(\{\w+[*+]?\})/)
      .map((piece) => {
        const [, name, kind] = /^\{(\w+)([*+]?)\}$/.exec(piece) ?? [];
        if (!name) return piece.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
        if (kind === '*') sentences.add(name);
        return `(?<${name}>${kind === '' ? '\\S' : '.'}+${isGreedy ? '' : '?'})`;
      })
      .join('');
    return new RegExp(`^${source}$`, 's');
  };
  const lazy = pattern(false);
  return {
    // Where a sentence has the same words in it as the one around it, its end is the last place that fits.
    patterns: sentences.size > 0 ? [lazy, pattern(true)] : [lazy],
    sentences,
    size: english.replaceAll(/\{\w+[*+]?\}/g, '').length,
    spanish,
  };
}
