import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { fileCalls } from '../../src/simulator/guest/files.mjs';
import { serveSftp } from '../../src/simulator/sftp.ts';
import { newHostKey } from '../../src/ssh/host-key.ts';

/** An SSH server on loopback whose commands really run, in /bin/sh, and whose files are this machine's. */
export interface SshHost {
  readonly port: number;
  /** "ssh-ed25519 AAAA…". */
  readonly hostKey: string;
  /** The methods that clients tried, in order, `none` left out. */
  readonly tried: readonly string[];
  readonly logins: number;
  /** Open at this moment. */
  readonly connections: number;
  /** Bytes of output read from commands so far. */
  readonly outputBytes: number;
  /** Breaks all connections, without a word. */
  cut(): void;
  close(): Promise<void>;
}

const files = fileCalls('');

export async function startSshHost(options: {
  readonly password?: string | undefined;
  /** Takes the password only as the answer to a question. */
  readonly asksForPassword?: boolean | undefined;
  /** "ssh-ed25519 AAAA…" that may log in. */
  readonly authorizedKey?: string | undefined;
  readonly hostKeyPem?: string | undefined;
}): Promise<SshHost> {
  const made = newHostKey();
  const connections = new Set<Connection>();
  const children = new Set<ChildProcess>();
  const seen = { tried: [] as string[], logins: 0, outputBytes: 0 };

  const server = new ssh2.Server(
    { hostKeys: [options.hostKeyPem ?? made.privateKey] },
    (client) => {
      connections.add(client);
      client.on('error', () => {});
      client.on('close', () => connections.delete(client));
      client.on('authentication', (attempt) => {
        if (attempt.method !== 'none') seen.tried.push(attempt.method);
        judge(attempt, options);
      });
      client.on('ready', () => {
        seen.logins++;
      });
      client.on('session', (accept) => {
        const session = accept();
        session.on('sftp', (acceptSftp) => {
          serveSftp(acceptSftp(), async (call, args) => files[call]?.(args));
        });
        session.on('exec', (acceptExec, _reject, { command }) => {
          const child = run(command, acceptExec(), (bytes) => {
            seen.outputBytes += bytes;
          });
          children.add(child);
          child.once('exit', () => children.delete(child));
        });
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    // The server's side of ssh2 has no way to break a connection without a goodbye.
    for (const client of connections) {
      (client as unknown as { _sock: { destroy(): void } })._sock.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: made.publicKey,
    get tried() {
      return seen.tried;
    },
    get logins() {
      return seen.logins;
    },
    get connections() {
      return connections.size;
    },
    get outputBytes() {
      return seen.outputBytes;
    },
    cut,
    close: async () => {
      cut();
      for (const child of children) killGroup(child);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function judge(attempt: AuthContext, options: Parameters<typeof startSshHost>[0]): void {
  const { password, asksForPassword, authorizedKey } = options;
  const methods = [
    ...(authorizedKey === undefined ? [] : ['publickey' as const]),
    ...(password === undefined
      ? []
      : [asksForPassword ? ('keyboard-interactive' as const) : ('password' as const)]),
  ];
  if (attempt.method === 'publickey' && authorizedKey !== undefined) {
    const isKnown = attempt.key.data.toString('base64') === authorizedKey.split(' ')[1];
    if (isKnown) attempt.accept();
    else attempt.reject(methods);
  } else if (attempt.method === 'password' && !asksForPassword && attempt.password === password) {
    attempt.accept();
  } else if (attempt.method === 'keyboard-interactive' && asksForPassword) {
    attempt.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
      if (answers[0] === password) attempt.accept();
      else attempt.reject(methods);
    });
  } else {
    attempt.reject(methods);
  }
}

function run(
  command: string,
  channel: ServerChannel,
  onOutput: (bytes: number) => void,
): ChildProcess {
  // A group of its own, so that what the shell started ends with it.
  const child = spawn('/bin/sh', ['-c', command], { detached: true });
  child.stdin.on('error', () => {});
  channel.on('error', () => {});
  channel.pipe(child.stdin);
  channel.on('close', () => killGroup(child));
  const write = oneByOne(channel);
  const copy = async (from: Readable, to: Writable) => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      onOutput(chunk.length);
      await write(to, chunk);
    }
  };
  const copied = Promise.all([copy(child.stdout, channel), copy(child.stderr, channel.stderr)]);
  child.on('exit', (code, signal) => {
    const end = () => {
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace(/^SIG/, ''), false, '');
      channel.end();
    };
    copied.then(end, () => channel.close());
  });
  return child;
}

export function killGroup({ pid }: Pick<ChildProcess, 'pid'>): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/**
 * Writes to a channel and its error output in turn. ssh2's server keeps the rest of a write that did not fit the window, and
 * does not forget it afterwards: when the other output has to wait next, it would send that rest again.
 */
function oneByOne(channel: ServerChannel): (to: Writable, chunk: Buffer) => Promise<void> {
  let last = Promise.resolve();
  return (to, chunk) => {
    last = last.then(() => new Promise((resolve) => to.write(chunk, () => resolve())));
    last = last.then(() => {
      const kept = { _chunk: undefined, _chunkcb: undefined };
      Object.assign(channel, kept, { _chunkErr: undefined, _chunkcbErr: undefined });
    });
    return last;
  };
}
