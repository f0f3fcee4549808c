/**
 * An English sentence of the controller and the same in Spanish. `{name}` stands for what is repeated as it is, `{name*}`
 * for a part that is a sentence of its own.
 */
export type Sentence = readonly [english: string, spanish: string];

/** The Spanish of a text; undefined: it is none of these sentences. */
export type Reader = (text: string) => string | undefined;

/** What nobody here wrote, in the quotation marks that tell so. */
export const quoted = (text: string): string => `«${text}»`;

/** Reads texts that were made of these sentences; of several that fit, the first counts. Pure. */
export function readerOf(sentences: readonly Sentence[]): Reader {
  const forms = sentences.map(([english, spanish]) => ({ ...formOf(english), spanish }));
  const read: Reader = (text) => {
    for (const { form, isSentence, spanish } of forms) {
      const found = form.exec(text);
      if (!found) continue;
      return spanish.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const part = found.groups?.[name] ?? '';
        return isSentence.has(name) ? (read(part) ?? quoted(part)) : part;
      });
    }
    return undefined;
  };
  return read;
}

function formOf(english: string): { readonly form: RegExp; readonly isSentence: Set<string> } {
  const isSentence = new Set<string>();
  const pattern = english
    .split(/(\{\w+\*?\})/)
    .map((piece) => {
      const [, name, star] = /^\{(\w+)(\*?)\}$/.exec(piece) ?? [];
      if (!name) return piece.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      if (star) isSentence.add(name);
      return `(?<${name}>.+?)`;
    })
    .join('');
  return { form: new RegExp(`^${pattern}$`, 's'), isSentence };
}
