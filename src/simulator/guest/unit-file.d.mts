type Entries = readonly (readonly [string, string])[];

export function parseUnit(text: string): Readonly<Record<string, Entries>>;
export function valuesOf(entries: Entries | undefined, key: string): string[];
export function splitWords(text: string): string[];
export function commandWords(line: string, env: Readonly<Record<string, string>>): string[];
export function parseEnvironmentFile(text: string): Record<string, string>;
export function parseSeconds(text: string | undefined): number | undefined;
