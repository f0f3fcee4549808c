import { inSpanish } from '../../../src/resources/spanish/in-spanish.ts';
import { quoted } from '../../../src/resources/spanish/sentence.ts';
import { language } from '../preferences.ts';

/** Rows are drawn again every second, and say mostly the same. */
const known = new Map<string, string | undefined>();
const MOST_KNOWN = 1_000;

function spanishOf(sentence: string): string | undefined {
  if (!known.has(sentence)) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(sentence, inSpanish(sentence));
  }
  return known.get(sentence);
}

/** What the controller said, in the language of the page; what only a machine said stands in «» in it. */
export function toldText(sentence: string): string {
  if (language.value !== 'es' || sentence === '') return sentence;
  const spanish = spanishOf(sentence);
  return spanish === undefined ? quoted(sentence) : capitalised(spanish);
}

/** Some stand within others, too. */
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** For the `lang` of an element that holds it: undefined where that is the page's. */
export const toldLang = (sentence: string): 'en' | undefined =>
  language.value === 'es' && sentence && spanishOf(sentence) === undefined ? 'en' : undefined;

/** A paragraph of what the controller said. */
export const Told = ({ sentence }: { readonly sentence: string }) => (
  <p lang={toldLang(sentence)}>{toldText(sentence)}</p>
);
