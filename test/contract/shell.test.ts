import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { portMap } from '../../src/dial.ts';
import { newHostKey } from '../../src/ssh/host-key.ts';
import type { RemoteFiles } from '../../src/ssh/remote-files.ts';
import type { Shell, ShellTarget } from '../../src/ssh/shell.ts';
import { Ssh2Shell } from '../../src/ssh/ssh2-shell.ts';
import { localFiles } from '../twins/local-files.ts';
import { type MemoryHost, MemoryShell } from '../twins/memory-shell.ts';
import { SSHD, startOpenSsh } from '../twins/openssh-host.ts';
import { killGroup, startSshHost } from '../twins/ssh-host.ts';

/** A machine to log in to, and shells that know or do not know its credential. */
interface Rig {
  readonly target: ShellTarget;
  readonly shell: Shell;
  /** A shell with another credential. */
  readonly stranger: Shell;
  /** Secrets that no error may repeat. */
  readonly secrets: readonly string[];
  logins(): number;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

const live = () => new AbortController().signal;
/** No timer of the code under test is as short: what ends this fast was ended by something else. */
const SOON_MS = 15_000;

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function collect(pieces: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

async function until(fact: () => boolean): Promise<void> {
  const limit = Date.now() + SOON_MS;
  while (!fact()) {
    if (Date.now() > limit) throw new Error('waited in vain');
    await systemClock.sleep(5);
  }
}

function shellContract(name: string, start: () => Promise<Rig>): void {
  describe(`Shell: ${name}`, () => {
    let rig: Rig;
    let dir: string;
    beforeEach(async () => {
      rig = await start();
      dir = await mkdtemp(join(tmpdir(), 'orquesta-shell-'));
    });
    afterEach(async () => {
      await rig.shell.close();
      await rig.stranger.close();
      await rig.close();
      await rm(dir, { recursive: true });
    });
    const open = () => rig.shell.open(rig.target, live());

    it('knock tells an open port from a closed one and from no machine', async () => {
      const knock = (host: string, port: number) => rig.shell.knock({ host, port }, 300, live());
      expect(await knock(rig.target.host, rig.target.port)).toBe('open');
      expect(await knock('127.0.0.2', await closedPort())).toBe('refused');
      // The broadcast address: no machine has it, and no network takes a connection to it.
      expect(await knock('255.255.255.255', 22)).toBe('unreachable');
      expect(rig.logins()).toBe(0);
    });

    it('open tells a closed port from no machine', async () => {
      const at = (host: string, port: number) =>
        rig.shell.open({ ...rig.target, host, port }, live());
      await expect(at('127.0.0.2', await closedPort())).rejects.toMatchObject({ kind: 'refused' });
      await expect(at('255.255.255.255', 22)).rejects.toMatchObject({ kind: 'unreachable' });
    });

    it('knows the machine by its host key, and hands it out on first use', async () => {
      expect((await open()).hostKey).toBe(rig.target.hostKey);
      const first = await rig.shell.open({ ...rig.target, hostKey: undefined }, live());
      expect(first.hostKey).toBe(rig.target.hostKey);
    });

    it('refuses a machine with another host key before it logs in', async () => {
      const target = { ...rig.target, hostKey: newHostKey().publicKey };
      await expect(rig.shell.open(target, live())).rejects.toMatchObject({
        name: 'ShellError',
        kind: 'host-key',
      });
      expect(rig.logins()).toBe(0);
    });

    it('says authentication when sshd takes no credential, and repeats none', async () => {
      const error = await rig.stranger.open(rig.target, live()).catch((error: unknown) => error);
      expect(error).toMatchObject({ kind: 'authentication' });
      const all = `${error} ${(error as Error).stack} ${JSON.stringify(error)} ${(error as Error).cause}`;
      for (const secret of rig.secrets) expect(all).not.toContain(secret);
    });

    it('gives back the exit code and both outputs', async () => {
      const session = await open();
      const command = 'echo "año 🤖"; echo bad >&2; exit 3';
      expect(await session.exec(command, { signal: live() })).toEqual({
        exitCode: 3,
        stdout: 'año 🤖\n',
        stderr: 'bad\n',
      });
    });

    it('sends stdin and closes it, also when there is none', async () => {
      const session = await open();
      const stdin = 'x'.repeat(200_000);
      const { stdout } = await session.exec('cat; echo end', { stdin, signal: live() });
      expect(stdout).toBe(`${stdin}end\n`);
      expect((await session.exec('cat; echo end', { signal: live() })).stdout).toBe('end\n');
    });

    it('a command that does not read its stdin ends all the same', async () => {
      const session = await open();
      const stdin = 'x'.repeat(4_000_000);
      expect((await session.exec('exit 5', { stdin, signal: live() })).exitCode).toBe(5);
    });

    it('tells death by a signal as a shell does', async () => {
      const session = await open();
      expect((await session.exec('kill -TERM $$', { signal: live() })).exitCode).toBe(143);
    });

    it('keeps 1 MiB of each output and lets the command end', async () => {
      const session = await open();
      const command = 'head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2; exit 7';
      const result = await session.exec(command, { signal: live() });
      expect(result.exitCode).toBe(7);
      expect(result.stdout.length).toBe(1024 * 1024);
      expect(result.stderr.length).toBe(1024 * 1024);
    });

    it('gives up on a command after its time, and goes on with the next', async () => {
      const session = await open();
      const slow = session.exec('sleep 60', { timeoutMs: 100, signal: live() });
      await expect(slow).rejects.toMatchObject({ name: 'ShellError', kind: 'closed' });
      expect((await session.exec('echo on', { signal: live() })).stdout).toBe('on\n');
    });

    it('gives up on a command when its caller does', async () => {
      const session = await open();
      const caller = new AbortController();
      const file = join(dir, 'started');
      const slow = session.exec(`touch ${file}; sleep 60`, { signal: caller.signal });
      const refused = expect(slow).rejects.toMatchObject({ kind: 'closed' });
      await until(() => existsSync(file));
      caller.abort();
      await refused;
      const late = session.exec('echo', { signal: caller.signal });
      await expect(late).rejects.toMatchObject({ kind: 'closed' });
    });

    it('hands out what a followed command says while it still runs', async () => {
      const session = await open();
      const go = join(dir, 'go');
      const command = `echo one; while [ ! -e ${go} ]; do sleep 0.05; done; echo two; exit 4`;
      let text = '';
      for await (const piece of session.stream(command, live())) {
        text += piece;
        if (text === 'one\n') await writeFile(go, '');
      }
      expect(text).toBe('one\ntwo\n');
    });

    it('never cuts a character in two', async () => {
      const session = await open();
      // The two bytes of é, apart in time.
      const command = "printf 'caf\\303'; sleep 0.3; printf '\\251'; sleep 0.1; printf '!'";
      const pieces = await collect(session.stream(command, live()));
      expect(pieces.join('')).toBe('café!');
      expect(pieces.every((piece) => piece !== '' && !piece.includes('\uFFFD'))).toBe(true);
    });

    it('hands out all of a long output, though error output runs beside it', async () => {
      const session = await open();
      const command =
        'head -c 3000000 /dev/zero >&2; i=0; while [ $i -lt 5 ]; do head -c 1000000 /dev/zero; i=$((i+1)); done';
      let length = 0;
      for await (const piece of session.stream(command, live())) length += piece.length;
      expect(length).toBe(5_000_000);
    });

    it('a followed command ends with its signal, without an error', async () => {
      const session = await open();
      const caller = new AbortController();
      let text = '';
      for await (const piece of session.stream('echo one; sleep 60', caller.signal)) {
        text += piece;
        caller.abort();
      }
      expect(text).toBe('one\n');
      expect(await collect(session.stream('echo never', caller.signal))).toEqual([]);
    });

    it('a followed command ends when nobody listens any more', async () => {
      const session = await open();
      for await (const _ of session.stream('echo one; sleep 60', live())) break;
      expect((await session.exec('echo on', { signal: live() })).stdout).toBe('on\n');
    });

    it('a broken connection is closed to its commands, and the next open logs in anew', async () => {
      const session = await open();
      const started = [join(dir, 'one'), join(dir, 'two')] as const;
      const exec = session.exec(`touch ${started[0]}; sleep 60`, { signal: live() });
      const stream = collect(session.stream(`touch ${started[1]}; sleep 60`, live()));
      const both = [
        expect(exec).rejects.toMatchObject({ kind: 'closed' }),
        expect(stream).rejects.toMatchObject({ kind: 'closed' }),
      ];
      await until(() => started.every((file) => existsSync(file)));
      rig.cut();
      await Promise.all(both);
      const after = session.exec('echo', { signal: live() });
      await expect(after).rejects.toMatchObject({ kind: 'closed' });
      expect((await (await open()).exec('echo on', { signal: live() })).stdout).toBe('on\n');
      expect(rig.logins()).toBe(2);
    });

    it('one login serves all who come, at once or one after the other', async () => {
      const sessions = await Promise.all([open(), open(), open()]);
      sessions.push(await open());
      const outputs = sessions.map((session) => session.exec('echo hi', { signal: live() }));
      for (const { stdout } of await Promise.all(outputs)) expect(stdout).toBe('hi\n');
      expect(rig.logins()).toBe(1);
    });

    it('a closed session ends its own commands and nobody else', async () => {
      const [one, other] = [await open(), await open()];
      const file = join(dir, 'started');
      const slow = one.exec(`touch ${file}; sleep 60`, { signal: live() });
      const refused = expect(slow).rejects.toMatchObject({ kind: 'closed' });
      await until(() => existsSync(file));
      one.close();
      await refused;
      await expect(one.exec('echo', { signal: live() })).rejects.toMatchObject({ kind: 'closed' });
      expect((await other.exec('echo on', { signal: live() })).stdout).toBe('on\n');
      expect(rig.logins()).toBe(1);
    });

    it('an opener that gives up gets closed, and leaves the others their login', async () => {
      const caller = new AbortController();
      const given = rig.shell.open(rig.target, caller.signal).catch((error: unknown) => error);
      const kept = open();
      caller.abort();
      await given;
      expect((await (await kept).exec('echo on', { signal: live() })).stdout).toBe('on\n');
      const late = rig.shell.open(rig.target, caller.signal);
      await expect(late).rejects.toMatchObject({ kind: 'closed' });
    });

    it('files are written whole, with their mode, and read as they are', async () => {
      const session = await open();
      const content = randomBytes(300_000);
      await session.files(
        async (files) => {
          await files.makeFolder(`${dir}/new`, 0o700);
          await files.write(`${dir}/new/Año 🤖`, content, 0o640);
          await files.write(`${dir}/new/empty`, Buffer.alloc(0), 0o666);
          expect(await files.look(`${dir}/new`)).toEqual({ kind: 'folder', mode: 0o700 });
          expect(await files.look(`${dir}/none`)).toBeUndefined();
          expect((await files.read(`${dir}/new/Año 🤖`, { left: 300_000 })).equals(content)).toBe(
            true,
          );
          expect(await files.read(`${dir}/new/empty`, { left: 0 })).toHaveLength(0);
          await files.rename(`${dir}/new`, `${dir}/there`);
          const listed = await files.list(`${dir}/there`, 2);
          expect([...listed].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
            { name: 'Año 🤖', kind: 'file', mode: 0o640 },
            { name: 'empty', kind: 'file', mode: 0o666 },
          ]);
        },
        { signal: live() },
      );
      expect((await readFile(join(dir, 'there/Año 🤖'))).equals(content)).toBe(true);
      expect((await lstat(join(dir, 'there/empty'))).mode & 0o777).toBe(0o666);
    });

    it('writes over nothing, and tells links from what they lead to', async () => {
      const session = await open();
      await writeFile(join(dir, 'file'), 'mine');
      await mkdir(join(dir, 'folder'));
      await symlink('/etc', join(dir, 'link'));
      const trying = (work: (files: RemoteFiles) => Promise<unknown>) =>
        expect(session.files(work, { signal: live() })).rejects;
      const refused = { name: 'FilesError', kind: 'refused' };
      await trying((files) => files.write(`${dir}/file`, Buffer.from('x'), 0o600)).toMatchObject(
        refused,
      );
      await trying((files) => files.makeFolder(`${dir}/folder`, 0o700)).toMatchObject(refused);
      await trying((files) => files.rename(`${dir}/folder`, `${dir}/file`)).toMatchObject(refused);
      expect(await readFile(join(dir, 'file'), 'utf8')).toBe('mine');
      const look = await session.files((files) => files.look(`${dir}/link`), { signal: live() });
      expect(look?.kind).toBe('other');
      const listed = await session.files((files) => files.list(dir, 9), { signal: live() });
      expect(listed.find(({ name }) => name === 'link')?.kind).toBe('other');
    });

    it('takes no more of a file or a folder than was allowed for', async () => {
      const session = await open();
      await writeFile(join(dir, 'large'), Buffer.alloc(200_001));
      for (const name of ['a', 'b', 'c']) await writeFile(join(dir, name), name);
      const read = session.files((files) => files.read(`${dir}/large`, { left: 200_000 }), {
        signal: live(),
      });
      await expect(read).rejects.toMatchObject({ kind: 'too-large' });
      const list = session.files((files) => files.list(dir, 3), { signal: live() });
      await expect(list).rejects.toMatchObject({ kind: 'too-large' });
      const none = session.files((files) => files.read(`${dir}/none`, { left: 1 }), {
        signal: live(),
      });
      await expect(none).rejects.toMatchObject({ kind: 'missing' });
    });

    it('files are lent no longer than their time, their caller, and the connection', async () => {
      const session = await open();
      const never = () => new Promise<never>(() => {});
      const untilStopped = async (files: RemoteFiles): Promise<never> => {
        for (;;) {
          await files.look(dir);
          await systemClock.sleep(5);
        }
      };
      const late = session.files(untilStopped, { timeoutMs: 100, signal: live() });
      await expect(late).rejects.toMatchObject({ name: 'ShellError', kind: 'closed' });
      const caller = new AbortController();
      const given = session.files(untilStopped, { signal: caller.signal });
      caller.abort();
      await expect(given).rejects.toMatchObject({ name: 'ShellError', kind: 'closed' });
      const begun = new AbortController();
      const cut = session.files(
        (files) => {
          begun.abort();
          return untilStopped(files);
        },
        { signal: live() },
      );
      const closed = expect(cut).rejects.toMatchObject({ name: 'ShellError', kind: 'closed' });
      await until(() => begun.signal.aborted);
      rig.cut();
      await closed;
      const after = session.files(never, { signal: live() });
      await expect(after).rejects.toMatchObject({ kind: 'closed' });
    });

    it('a closed shell ends its sessions and opens no more', async () => {
      const session = await open();
      await rig.shell.close();
      const after = session.exec('echo', { signal: live() });
      await expect(after).rejects.toMatchObject({ kind: 'closed' });
      await expect(open()).rejects.toMatchObject({ kind: 'closed' });
    });
  });
}

const direct = { dial: portMap(undefined), clock: systemClock };

shellContract('Ssh2Shell and a server of the same package', async () => {
  const password = 'S3cret-of-the-host';
  const host = await startSshHost({ password });
  const target = { host: '127.0.0.1', port: host.port, user: 'root', hostKey: host.hostKey };
  const other = 'An0ther-secret';
  return {
    target,
    shell: new Ssh2Shell({ ...direct, password }),
    stranger: new Ssh2Shell({ ...direct, password: other }),
    secrets: [password, other],
    logins: () => host.logins,
    cut: host.cut,
    close: host.close,
  };
});

if (SSHD === undefined) {
  it.skip('Ssh2Shell and OpenSSH: there is no sshd here (install openssh-server, or name it in SSHD)', () => {});
} else {
  const sshd = SSHD;
  shellContract('Ssh2Shell and OpenSSH', async () => {
    const mine = newHostKey();
    const other = newHostKey();
    const host = await startOpenSsh(sshd, mine.publicKey);
    return {
      target: { host: '127.0.0.1', port: host.port, user: host.user, hostKey: host.hostKey },
      shell: new Ssh2Shell({ ...direct, privateKeys: [mine.privateKey] }),
      stranger: new Ssh2Shell({ ...direct, privateKeys: [other.privateKey] }),
      secrets: [other.privateKey.split('\n')[2] ?? 'none'],
      logins: host.logins,
      cut: host.cut,
      close: host.close,
    };
  });
}

shellContract('MemoryShell', async () => {
  const host: MemoryHost = {
    net: 'up',
    hostKey: newHostKey().publicKey,
    takesLogin: true,
    bootId: 'first',
    run: (command, stdin, signal) => runHere(command, stdin, signal),
    follow: (command, signal) => followHere(command, signal),
    files: localFiles(''),
  };
  const closed: MemoryHost = { ...host, net: 'refused' };
  const hosts = new Map([
    ['198.18.0.1', host],
    ['127.0.0.2', closed],
  ]);
  const strange = new Map([['198.18.0.1', { ...host, takesLogin: false }]]);
  const shell = new MemoryShell({ hosts, clock: systemClock });
  return {
    target: { host: '198.18.0.1', port: 22, user: 'root', hostKey: host.hostKey },
    shell,
    stranger: new MemoryShell({ hosts: strange, clock: systemClock }),
    secrets: [],
    logins: () => shell.logins,
    cut: () => {
      host.bootId = 'second';
    },
    close: async () => {},
  };
});

/** Commands for the machine in memory: run here, so that one suite fits all. */
function shHere(command: string, signal: AbortSignal) {
  const child = spawn('/bin/sh', ['-c', command], { detached: true });
  if (signal.aborted) killGroup(child);
  signal.addEventListener('abort', () => killGroup(child), { once: true });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  return child;
}

function runHere(command: string, stdin: string, signal: AbortSignal) {
  const child = shHere(command, signal);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output.stdout += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    output.stderr += piece;
  });
  child.stdin.end(stdin);
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code, killedBy) => {
      resolve({ exitCode: killedBy === 'SIGTERM' ? 143 : (code ?? 255), ...output });
    });
  });
}

async function* followHere(command: string, signal: AbortSignal): AsyncIterable<string> {
  const child = shHere(command, signal);
  child.stdin.end();
  child.stderr.resume();
  try {
    for await (const piece of child.stdout.setEncoding('utf8')) yield piece;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
