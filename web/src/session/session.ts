import { signal } from '@preact/signals';

const STORED_AS = 'orquesta.key';

/** The API key of whoever is logged in. It lives in this tab alone: in memory or, on request, until the tab is closed. */
export const apiKey = signal<string | undefined>(sessionStorage.getItem(STORED_AS) ?? undefined);

/** Why the last session ended by itself. */
export const endedBecause = signal<'key-refused' | undefined>(undefined);

export function begin(key: string, options: { readonly keepInTab: boolean }): void {
  if (options.keepInTab) sessionStorage.setItem(STORED_AS, key);
  endedBecause.value = undefined;
  apiKey.value = key;
}

export function end(because?: 'key-refused'): void {
  sessionStorage.removeItem(STORED_AS);
  endedBecause.value = because;
  apiKey.value = undefined;
}
