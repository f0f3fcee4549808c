import { effect, signal } from '@preact/signals';

export type Language = 'es' | 'en';
export type Theme = 'system' | 'light' | 'dark';

const isLanguage = (text: unknown): text is Language => text === 'es' || text === 'en';
const isTheme = (text: unknown): text is Theme =>
  text === 'system' || text === 'light' || text === 'dark';

const stored = {
  language: localStorage.getItem('orquesta.language'),
  theme: localStorage.getItem('orquesta.theme'),
};

export const language = signal<Language>(
  isLanguage(stored.language)
    ? stored.language
    : navigator.languages.find((one) => /^(es|en)\b/.test(one))?.startsWith('en')
      ? 'en'
      : 'es',
);
export const theme = signal<Theme>(isTheme(stored.theme) ? stored.theme : 'system');

/** Applies both to the page from now on, and keeps them for the next visit. */
export function applyPreferences(): void {
  effect(() => {
    document.documentElement.lang = language.value;
    localStorage.setItem('orquesta.language', language.value);
  });
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme.value;
    localStorage.setItem('orquesta.theme', theme.value);
  });
}
