// Builds the dashboard, web/, into dist/web, unless what is there is newer than all that it is made of.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { newestIn } from './newest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist/web');
/** src/resources: the dashboard shows its types. */
const SOURCES = ['web', 'src/resources', 'package-lock.json', 'tsconfig.json'];

/** Resolves when dist/web is up to date. Any number of callers at once do no harm: each builds aside, and moves it in at the end. */
export async function buildWeb() {
  if (!isOutdated()) return;
  const { build } = await import('vite');
  mkdirSync(join(root, 'dist'), { recursive: true });
  const aside = mkdtempSync(join(root, 'dist/.web-'));
  try {
    await build({
      configFile: join(root, 'web/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: join(aside, 'web'), emptyOutDir: true },
    });
    moveIn(join(aside, 'web'), join(aside, 'old'));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function moveIn(built, old) {
  try {
    renameSync(target, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    renameSync(built, target);
  } catch (error) {
    // Another build was quicker, of the same sources.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

function isOutdated() {
  const builtAt = newestIn(join(target, 'index.html'));
  return SOURCES.some((source) => newestIn(join(root, source)) > builtAt);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildWeb();
