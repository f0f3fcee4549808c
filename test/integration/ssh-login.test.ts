import { generateKeyPairSync } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { portMap } from '../../src/dial.ts';
import { fingerprint, newHostKey, readPublicKey } from '../../src/ssh/host-key.ts';
import { privateKeysIn } from '../../src/ssh/private-keys.ts';
import { Ssh2Shell, type Ssh2ShellDeps } from '../../src/ssh/ssh2-shell.ts';
import { type SshHost, startSshHost } from '../twins/ssh-host.ts';

const PASSWORD = 'S3cret-of-the-host';
const live = () => new AbortController().signal;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function aHost(options: Parameters<typeof startSshHost>[0]): Promise<SshHost> {
  const host = await startSshHost(options);
  closers.push(host.close);
  return host;
}

function aShell(deps: Partial<Ssh2ShellDeps>): Ssh2Shell {
  const shell = new Ssh2Shell({ dial: portMap(undefined), clock: systemClock, ...deps });
  closers.push(() => shell.close());
  return shell;
}

const targetOf = (host: SshHost) => ({
  host: '127.0.0.1',
  port: host.port,
  user: 'root',
  hostKey: host.hostKey,
});

/** A port that treats every connection like this. */
async function aPort(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function until(fact: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!fact()) {
    if (Date.now() > limit) throw new Error('waited in vain');
    await systemClock.sleep(5);
  }
}

describe('Ssh2Shell: logging in', () => {
  it('tries the key first, then the password', async () => {
    const [mine, theirs] = [newHostKey(), newHostKey()];
    const host = await aHost({ password: PASSWORD, authorizedKey: theirs.publicKey });
    const shell = aShell({ password: PASSWORD, privateKeys: [mine.privateKey] });
    await shell.open(targetOf(host), live());
    expect(host.tried.at(0)).toBe('publickey');
    expect(host.tried.at(-1)).toBe('password');

    const known = await aHost({ password: PASSWORD, authorizedKey: mine.publicKey });
    await shell.open(targetOf(known), live());
    expect(new Set(known.tried)).toEqual(new Set(['publickey']));
  });

  it('tries an older key where the newer one is not known, and no more than it must', async () => {
    const [newer, older] = [newHostKey(), newHostKey()];
    const text = `our keys\n${newer.privateKey}and before\n${older.privateKey}`;
    const shell = aShell({ privateKeys: privateKeysIn(text) });
    const before = await aHost({ authorizedKey: older.publicKey });
    await shell.open(targetOf(before), live());
    const now = await aHost({ authorizedKey: newer.publicKey });
    await shell.open(targetOf(now), live());
    expect([before.logins, now.logins]).toEqual([1, 1]);
    expect(now.tried.length).toBeLessThan(before.tried.length);
  });

  it('answers an sshd that asks for the password', async () => {
    const host = await aHost({ password: PASSWORD, asksForPassword: true });
    await aShell({ password: PASSWORD }).open(targetOf(host), live());
    expect(host.logins).toBe(1);
  });

  it('does not try a wrong password twice', async () => {
    const host = await aHost({ password: PASSWORD });
    const login = aShell({ password: 'wrong' }).open(targetOf(host), live());
    await expect(login).rejects.toMatchObject({ kind: 'authentication' });
    expect(host.tried).toEqual(['password']);
  });

  it('refuses another host key before any credential leaves, and names both as OpenSSH does', async () => {
    const host = await aHost({ password: PASSWORD });
    const hostKey = newHostKey().publicKey;
    const shell = aShell({ password: PASSWORD, privateKeys: [newHostKey().privateKey] });
    const error = await shell.open({ ...targetOf(host), hostKey }, live()).catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: 'host-key' });
    for (const key of [hostKey, host.hostKey]) {
      expect(String(error)).toContain(fingerprint(readPublicKey(key).blob));
    }
    expect(host.tried).toEqual([]);
  });

  it('a machine with a host key of another type only is another machine', async () => {
    const pem = { type: 'pkcs1', format: 'pem' } as const;
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: pem,
      publicKeyEncoding: pem,
    });
    const host = await aHost({ password: PASSWORD, hostKeyPem: privateKey });
    const shell = aShell({ password: PASSWORD });
    const target = { ...targetOf(host), hostKey: newHostKey().publicKey };
    await expect(shell.open(target, live())).rejects.toMatchObject({ kind: 'host-key' });
    expect(host.tried).toEqual([]);
    // It is trusted on first use, and then known by an RSA key.
    const first = await shell.open({ ...target, hostKey: undefined }, live());
    expect(first.hostKey).toMatch(/^ssh-rsa AAAA/);
    const known = await shell.open({ ...target, hostKey: first.hostKey }, live());
    expect(known.hostKey).toBe(first.hostKey);
  });

  it('a recorded host key that cannot be read is never taken for none', async () => {
    const host = await aHost({ password: PASSWORD });
    for (const hostKey of ['', 'rubbish', 'ssh-ed25519 AAAA']) {
      const login = aShell({ password: PASSWORD }).open({ ...targetOf(host), hostKey }, live());
      await expect(login).rejects.toMatchObject({ kind: 'host-key' });
    }
    expect(host.tried).toEqual([]);
  });

  it('a port that takes the connection and stays silent is unreachable', async () => {
    const port = await aPort(() => {});
    const shell = aShell({ password: PASSWORD, readyTimeoutMs: 200 });
    const login = shell.open({ host: '127.0.0.1', port, user: 'root', hostKey: undefined }, live());
    await expect(login).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it.each([
    ['ends', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
    [
      'greets and resets',
      (socket: Socket) => socket.write('SSH-2.0-x\r\n', () => socket.resetAndDestroy()),
    ],
  ])('a port that %s the connection is closed', async (_what, treat) => {
    const port = await aPort(treat);
    const shell = aShell({ password: PASSWORD });
    const login = shell.open({ host: '127.0.0.1', port, user: 'root', hostKey: undefined }, live());
    const error = await login.catch((error: unknown) => error);
    expect(error).toMatchObject({ kind: 'closed' });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(PASSWORD);
  });

  it('a login that everyone gave up breaks the connection', async () => {
    let seen: Socket | undefined;
    const port = await aPort((socket) => {
      seen = socket;
      socket.resume();
    });
    const callers = [new AbortController(), new AbortController()];
    const target = { host: '127.0.0.1', port, user: 'root', hostKey: undefined };
    const shell = aShell({ password: PASSWORD });
    const logins = callers.map((caller) =>
      expect(shell.open(target, caller.signal)).rejects.toMatchObject({ kind: 'closed' }),
    );
    await until(() => seen !== undefined);
    for (const caller of callers) caller.abort();
    await Promise.all(logins);
    await until(() => seen?.destroyed === true);
  });

  it('a private key that cannot be read stops the start, and is not repeated', () => {
    for (const privateKey of ['rubbish', newHostKey().publicKey]) {
      const make = () =>
        new Ssh2Shell({ dial: portMap(undefined), clock: systemClock, privateKeys: [privateKey] });
      expect(make).toThrow(/must be a private key/);
      expect(make).not.toThrow(privateKey);
    }
  });

  it('logs in where the port map says, to the key of the machine that was meant', async () => {
    const host = await aHost({ password: PASSWORD });
    const dial = () => ({ host: '127.0.0.1', port: host.port });
    const shell = aShell({ password: PASSWORD, dial });
    const target = { ...targetOf(host), host: '198.18.0.5', port: 22 };
    expect(await shell.knock(target, 5000, live())).toBe('open');
    expect((await shell.open(target, live())).hostKey).toBe(host.hostKey);
  });
});

describe('Ssh2Shell: connections', () => {
  it('one that is idle is closed, one with a running command is not', async () => {
    const host = await aHost({ password: PASSWORD });
    const shell = aShell({ password: PASSWORD, idleMs: 150 });
    const session = await shell.open(targetOf(host), live());
    const long = await session.exec('sleep 0.6; echo done', { signal: live() });
    expect(long.stdout).toBe('done\n');
    let loginsBefore = host.logins;
    await until(() => {
      loginsBefore = host.logins;
      return host.connections === 0;
    });
    await (await shell.open(targetOf(host), live())).exec('true', { signal: live() });
    expect(host.logins).toBe(loginsBefore + 1);
  });

  it('a slow reader holds back the command, not the memory', async () => {
    const host = await aHost({ password: PASSWORD });
    const session = await aShell({ password: PASSWORD }).open(targetOf(host), live());
    const total = 64 * 1024 * 1024;
    let read = 0;
    let most = 0;
    for await (const piece of session.stream(`head -c ${total} /dev/zero`, live())) {
      read += piece.length;
      most = Math.max(most, host.outputBytes - read);
    }
    expect(read).toBe(total);
    // The window of the channel is 2 MiB, and each side buffers about as much again.
    expect(most).toBeLessThan(16 * 1024 * 1024);
  });
});
