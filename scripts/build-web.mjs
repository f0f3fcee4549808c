// Builds the dashboard, web/, into dist/web, unless what is there is newer than all that it is made of.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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
  const builtAt = modifiedAt(join(target, 'index.html'));
  return SOURCES.some((source) => newestIn(join(root, source)) > builtAt);
}

function newestIn(path) {
  if (!statSync(path).isDirectory()) return modifiedAt(path);
  // A folder's own time tells of files that are gone.
  const entries = readdirSync(path, { recursive: true }).map((entry) => join(path, entry));
  return Math.max(...[path, ...entries].map(modifiedAt));
}

const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildWeb();
