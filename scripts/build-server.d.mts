/** Brings dist up to date with src. Throws when something does not compile. Not for two callers at once. */
export function buildServer(): void;
