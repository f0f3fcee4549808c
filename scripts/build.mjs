// Compiles src into dist, copies what is read at run time beside the code that reads it, and builds the dashboard.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { buildWeb } from './build-web.mjs';

const RUN_TIME_FILES = new Set(['.lua', '.sh', '.mjs', '.html', '.css']);

rmSync('dist', { recursive: true, force: true });
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || RUN_TIME_FILES.has(extname(path)),
});
await buildWeb();
