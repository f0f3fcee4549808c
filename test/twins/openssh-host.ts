import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newHostKey } from '../../src/ssh/host-key.ts';
import { freePort } from '../free-port.ts';

/** The absolute path of OpenSSH's server (it insists on one), when it is here: named in SSHD, or in its usual place. */
export const SSHD: string | undefined = [process.env['SSHD'], '/usr/sbin/sshd'].find(
  (path) => path !== undefined && existsSync(path) && runs(path),
);

/** Run by root, sshd does not start without a user of its own to drop to; it says so before it looks for keys. */
function runs(path: string): boolean {
  const { error, stderr } = spawnSync(path, ['-t', '-f', '/dev/null'], { encoding: 'utf8' });
  return error === undefined && !/privilege separation user/i.test(stderr);
}

export interface OpenSshHost {
  readonly port: number;
  readonly user: string;
  readonly hostKey: string;
  logins(): number;
  cut(): void;
  close(): Promise<void>;
}

/** A real sshd on loopback that takes one key, for the user who runs this. */
export async function startOpenSsh(sshd: string, authorizedKey: string): Promise<OpenSshHost> {
  const dir = await mkdtemp(join(tmpdir(), 'orquesta-sshd-'));
  const key = newHostKey();
  const port = await freePort();
  const file = async (name: string, text: string) => {
    const path = join(dir, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const isRoot = userInfo().uid === 0;
  if (isRoot) await mkdir('/run/sshd', { recursive: true });
  await chmod(dir, 0o700);
  const config = await file(
    'sshd_config',
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${await file('host_key', key.privateKey)}`,
      `AuthorizedKeysFile ${await file('authorized_keys', `${authorizedKey}\n`)}`,
      'PidFile none',
      'PermitRootLogin yes',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'UsePAM no',
      'Subsystem sftp internal-sftp',
      'LogLevel VERBOSE',
      '',
    ].join('\n'),
  );
  const server = spawn(sshd, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  for (const limit = Date.now() + 10_000; !(await answers(port)); ) {
    if (Date.now() > limit || server.exitCode !== null) throw new Error(`sshd: ${log}`);
    await sleep(20);
  }
  return {
    port,
    user: userInfo().username,
    hostKey: key.publicKey,
    logins: () => log.match(/^Accepted publickey/gm)?.length ?? 0,
    cut: () => {
      for (const pid of descendants(server)) kill(pid);
    },
    close: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      for (const pid of descendants(server)) kill(pid);
      server.kill('SIGKILL');
      if (server.exitCode === null) await ended;
      await rm(dir, { recursive: true });
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Parents first: a command that dies before its sshd would have an exit code to tell. */
function descendants({ pid }: Pick<ChildProcess, 'pid'>): number[] {
  const table = spawnSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout;
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, of]) => (of === parent ? [child, ...below(child)] : []));
  return pid === undefined ? [] : below(pid);
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
