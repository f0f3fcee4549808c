import { useId } from 'preact/hooks';
import { languages, messages } from '../i18n/index.ts';
import { type Language, language, type Theme, theme } from '../preferences.ts';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** Language and appearance. */
export function Preferences() {
  const text = messages.value.nav;
  const id = useId();
  return (
    <>
      <div class="preference">
        <label for={`${id}-language`}>{text.language}</label>
        <select
          id={`${id}-language`}
          class="input"
          value={language.value}
          onChange={(event) => {
            language.value = event.currentTarget.value as Language;
          }}
        >
          {Object.entries(languages).map(([code, { languageName }]) => (
            <option key={code} value={code} lang={code}>
              {languageName}
            </option>
          ))}
        </select>
      </div>
      <div class="preference">
        <label for={`${id}-theme`}>{text.theme}</label>
        <select
          id={`${id}-theme`}
          class="input"
          value={theme.value}
          onChange={(event) => {
            theme.value = event.currentTarget.value as Theme;
          }}
        >
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {text.themes[one]}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}
