// Compiles src into dist and copies what is read at run time beside the code that reads it, unless dist is newer than all that it is made of.
import { execFileSync } from 'node:child_process';
import { cpSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newestIn } from './newest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
/** Written last: a build that was cut short counts for none. */
const mark = join(dist, '.built');
const SOURCES = ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
const RUN_TIME_FILES = new Set(['.lua', '.sh', '.mjs', '.html', '.css']);

/** Throws when something does not compile. Not for two callers at once. */
export function buildServer() {
  const builtAt = newestIn(mark);
  if (SOURCES.every((source) => newestIn(join(root, source)) <= builtAt)) return;
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  cpSync(join(root, 'src'), dist, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || RUN_TIME_FILES.has(extname(path)),
  });
  writeFileSync(mark, '');
}
