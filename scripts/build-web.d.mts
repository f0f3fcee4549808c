/** Resolves when dist/web is up to date. Throws what Vite says when it cannot be built. */
export function buildWeb(): Promise<void>;
