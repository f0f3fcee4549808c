import { computed } from '@preact/signals';
import { language } from '../preferences.ts';
import { en, type Messages } from './en.ts';
import { es } from './es.ts';

export const languages = { es, en } as const;

/** The texts in the language of the page. */
export const messages = computed<Messages>(() => languages[language.value]);
