import { inSpanish, spanishOf } from '../../../src/resources/spanish/in-spanish.ts';
import { language } from '../preferences.ts';

/** What the controller said, in the language of the page; words that no language has but a machine's stand in «» in it. */
export const toldText = (sentence: string): string =>
  language.value === 'es' && sentence ? spanishOf(sentence) : sentence;

/** For the `lang` of an element that holds it: undefined where that is the page's. */
export const toldLang = (sentence: string): 'en' | undefined =>
  language.value === 'es' && inSpanish(sentence) === undefined ? 'en' : undefined;

/** A paragraph of what the controller said. */
export const Told = ({ sentence }: { readonly sentence: string }) => (
  <p lang={toldLang(sentence)}>{toldText(sentence)}</p>
);
