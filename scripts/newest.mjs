import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** When a file, or the newest of all below a folder, was last changed, in ms since the epoch; 0: it is not there. */
export function newestIn(path) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return modifiedAt(path);
  // A folder's own time tells of files that are gone.
  const entries = readdirSync(path, { recursive: true }).map((entry) => join(path, entry));
  return Math.max(...[path, ...entries].map(modifiedAt));
}

const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
