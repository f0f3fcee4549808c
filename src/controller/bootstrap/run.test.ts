import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localFiles } from '../../../test/twins/local-files.ts';
import type { CommandResult, Session } from '../../ssh/shell.ts';
import { ensureRun } from './run.ts';

const never = new AbortController().signal;
const RUN_SH = readFileSync(new URL('./run.sh', import.meta.url), 'utf8');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orquesta-run-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A droplet without systemd, as a folder of this machine. */
const session: Session = {
  hostKey: '',
  exec: (command, { stdin }) =>
    new Promise<CommandResult>((resolve, reject) => {
      const child = spawn('sh', ['-c', command], { env: { ...process.env, ORQUESTA_ROOT: root } });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => (stdout += chunk));
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.once('error', reject);
      child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
      child.stdin.end(stdin);
    }),
  async *stream() {},
  files: (work) => work(localFiles(root)),
  close() {},
};

const filesOf = (run: string, script: string) => [
  { path: `/var/lib/orquesta/${run}/env`, mode: '0600', content: '' },
  { path: `/var/lib/orquesta/${run}/script`, mode: '0700', content: script },
  { path: `/var/lib/orquesta/${run}/run.sh`, mode: '0700', content: RUN_SH },
];
const ensure = (run: string, script: string) =>
  ensureRun(session, run, filesOf(run, script), 60, never);

async function eventually(isTrue: () => boolean): Promise<void> {
  const until = Date.now() + 20_000;
  while (!isTrue()) {
    if (Date.now() > until) throw new Error('It did not come about within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

// Where systemd runs, ensure-run.sh would give it the run: test/hosts proves that way.
describe.skipIf(existsSync('/run/systemd/system'))('a run without systemd', () => {
  it('is started once, and tells how it ended', async () => {
    const script = `echo once >>${root}/runs; exit 7`;
    await ensure('one', script);
    await eventually(() => existsSync(join(root, 'var/lib/orquesta/one/exit')));
    expect(await ensure('one', script)).toEqual({ is: 'ended', exitCode: 7 });
    expect(readFileSync(join(root, 'runs'), 'utf8')).toBe('once\n');
  });

  it('ends an earlier run with all that it started, before it begins itself', async () => {
    const pidFile = join(root, 'sleeper');
    const first = `sleep 50 & echo $! >${pidFile}.part; mv ${pidFile}.part ${pidFile}; wait`;
    expect(await ensure('one', first)).toEqual({ is: 'running' });
    await eventually(() => existsSync(pidFile));
    const sleeper = Number(readFileSync(pidFile, 'utf8'));
    expect(isAlive(sleeper)).toBe(true);
    try {
      const second = `kill -0 ${sleeper} 2>/dev/null && exit 1; exit 0`;
      await ensure('two', second);
      await eventually(() => existsSync(join(root, 'var/lib/orquesta/two/exit')));
      expect(await ensure('two', second)).toEqual({ is: 'ended', exitCode: 0 });
      expect(await ensure('one', first)).toMatchObject({ is: 'ended' });
    } finally {
      if (isAlive(sleeper)) process.kill(sleeper, 'SIGKILL');
    }
  });
});
