import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** What Chromium and Chrome are called where they are installed. The last one is a word of advice on some systems, and no browser. */
const NAMES = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'];

/** The path of a browser that runs: the one that CHROMIUM names, or else the first on the path. */
export function findBrowser(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['CHROMIUM'];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return (named ? [named] : candidates).find(
    (path) => spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0,
  );
}
