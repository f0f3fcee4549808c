import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the folder and marks it as ours until the returned function is called. Throws when another simulator that
 * still lives has marked it: starting there would wipe its droplets.
 */
export function holdFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const mark = join(dataDir, 'simulator.json');
  const holder = readHolder(mark);
  if (holder !== undefined && processStart(holder.pid) === holder.started) {
    throw new Error(
      `${dataDir} is in use by another simulator (process ${holder.pid}); end it, or choose another folder by --data.`,
    );
  }
  writeFileSync(mark, JSON.stringify({ pid: process.pid, started: processStart(process.pid) }));
  return () => rmSync(mark, { force: true });
}

/** When a process started, in the words of ps, so that another one with the same number is told apart; "" when it doesn't live. */
export function processStart(pid: number): string {
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  return (stdout ?? '').trim();
}

function readHolder(mark: string): { pid: number; started: string } | undefined {
  try {
    const holder = JSON.parse(readFileSync(mark, 'utf8')) as { pid: number; started: string };
    // Where ps tells nothing, nothing can be known of the holder.
    return holder.started === '' ? undefined : holder;
  } catch {
    return undefined;
  }
}
