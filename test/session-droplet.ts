import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { readSession } from '../src/controller/session/session.ts';
import type { RemoteFiles } from '../src/ssh/remote-files.ts';
import type { CommandResult, Session } from '../src/ssh/shell.ts';
import { localFiles } from './twins/local-files.ts';

export const PATH = '/opt/bot/auth';
export const live = (): AbortSignal => new AbortController().signal;

let folders: string[] = [];
beforeEach(() => {
  folders = [];
});
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A droplet as a folder of this machine. `change`: its files as a hostile one would serve them. */
export function aDroplet(change: (files: RemoteFiles) => Partial<RemoteFiles> = () => ({})) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'orquesta-session-')));
  folders.push(root);
  const sh = (command: string, stdin?: string, env = {}) =>
    new Promise<CommandResult>((resolve, reject) => {
      const child = spawn('sh', ['-c', command], {
        env: { ...process.env, ORQUESTA_ROOT: root, ...env },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => (stdout += chunk));
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.once('error', reject);
      child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
      child.stdin.end(stdin);
    });
  const files = localFiles(root);
  const session: Session = {
    hostKey: '',
    exec: (command, { stdin }) => sh(command, stdin),
    async *stream() {},
    files: (work) => work({ ...files, ...change(files) }),
    close() {},
  };
  const at = (path: string) => join(root, path);
  mkdirSync(at('/opt/bot'), { recursive: true });
  return { root, session, sh, at };
}

/** As a bot that a phone was linked to leaves it. */
export function link({ at }: ReturnType<typeof aDroplet>): void {
  mkdirSync(at(`${PATH}/keys/old`), { recursive: true });
  writeFileSync(at(`${PATH}/creds.json`), '{"me":"573332221111"}', { mode: 0o600 });
  writeFileSync(at(`${PATH}/keys/pre key-1 año.json`), Buffer.from([0, 1, 255]));
  writeFileSync(at(`${PATH}/keys/old/empty`), '');
  chmodSync(at(`${PATH}/keys`), 0o710);
}

/** A look at its session, of which that fingerprint is known. */
export const read = ({ session }: ReturnType<typeof aDroplet>, known = '') =>
  readSession(session, PATH, known, live());

/** A look that has to save it. */
export async function saved(droplet: ReturnType<typeof aDroplet>, known = '') {
  const look = await read(droplet, known);
  if (look.is !== 'saved') throw new Error(JSON.stringify(look));
  return look;
}
