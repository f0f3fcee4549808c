// Compiles src into dist, and copies what is read at run time beside the code that reads it.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';
import { extname } from 'node:path';

const RUN_TIME_FILES = new Set(['.lua', '.sh', '.mjs', '.html', '.css']);

rmSync('dist', { recursive: true, force: true });
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || RUN_TIME_FILES.has(extname(path)),
});
