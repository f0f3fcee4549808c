// Proves that a real cloud-init and a real sshd make of our user_data what we mean by it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { userData } from '../../src/cloud/user-data.ts';
import { authorizedKey } from '../../src/ssh/authorized-key.ts';
import { newHostKey } from '../../src/ssh/host-key.ts';
import type { Credentials } from '../../src/ssh/login.ts';
import { passwordHash } from '../../src/ssh/password-hash.ts';
import { ShellError, type ShellTarget } from '../../src/ssh/shell.ts';
import { Ssh2Shell } from '../../src/ssh/ssh2-shell.ts';
import { eventually } from '../eventually.ts';

import { type Droplets, type LabDroplet, startDroplets } from './droplets.ts';
import { labLacks } from './lab-machines.ts';

const PASSWORD = 'a password: $`"\\ # ñ';
const hostKey = newHostKey();
const ourKey = newHostKey();
const strangersKey = newHostKey();
const hash = passwordHash(PASSWORD);
const never = new AbortController().signal;

describe.skipIf(labLacks)('user_data, read by a real cloud-init', () => {
  let droplets: Droplets;
  let withPassword: LabDroplet;
  let withKey: LabDroplet;

  beforeAll(async () => {
    droplets = await startDroplets();
    const keys = { hostKeyPrivate: hostKey.privateKey, hostKeyPublic: hostKey.publicKey };
    const authorizedKeys = [authorizedKey(ourKey.privateKey)];
    [withPassword, withKey] = await Promise.all([
      droplets.create('a', userData({ ...keys, passwordHash: hash, authorizedKeys: [] })),
      droplets.create('b', userData({ ...keys, authorizedKeys })),
    ]);
    for (const { machine } of [withPassword, withKey]) {
      await eventually('cloud-init is done', async () => {
        const { output } = await machine.exec('cloud-init status --wait');
        return output.includes('status: done');
      });
    }
  });
  afterAll(() => droplets?.close());

  it('leads to no complaint of cloud-init, neither in its result nor in its schema', async () => {
    for (const { machine } of [withPassword, withKey]) {
      const result = await machine.tell('cat /run/cloud-init/result.json');
      expect(JSON.parse(result)).toMatchObject({ v1: { errors: [] } });
      expect(await machine.tell('cloud-init schema --system')).toContain('Valid cloud-config');
      expect(await machine.tell('cloud-id')).toBe('digitalocean');
      expect(await machine.tell('systemctl is-system-running --wait')).toBe('running');
    }
  });

  it('gives the machine our host key and no other', async () => {
    const scanned = await promisify(execFile)('ssh-keyscan', ['-T', '10', withPassword.address]);
    const presented = scanned.stdout.trim().split('\n');
    expect(presented.map((line) => line.split(' ').slice(1).join(' '))).toEqual([
      hostKey.publicKey,
    ]);
    expect(await withPassword.machine.tell('ls /etc/ssh | grep ^ssh_host')).toBe(
      'ssh_host_ed25519_key\nssh_host_ed25519_key.pub',
    );
  });

  it('sets root’s password, and that of nobody else', async () => {
    const shadow = await withPassword.machine.tell("cut -d: -f1,2 /etc/shadow | grep '[$]'");
    expect(shadow).toBe(`root:${hash}`);
    expect(await withKey.machine.exec("cut -d: -f2 /etc/shadow | grep '[$]'")).toEqual({
      code: 1,
      output: '',
    });
  });

  it('lets in by password, as root, and not by another password', async () => {
    expect(await logIn(withPassword, { password: PASSWORD })).toBe('root');
    expect(await logIn(withPassword, { password: `${PASSWORD}x` })).toBe('authentication');
    expect(await logIn(withPassword, { privateKeys: [ourKey.privateKey] })).toBe('authentication');
  });

  it('lets in by key, as root, and not by another key, nor by a password', async () => {
    expect(await logIn(withKey, { privateKeys: [ourKey.privateKey] })).toBe('root');
    expect(await logIn(withKey, { privateKeys: [strangersKey.privateKey] })).toBe('authentication');
    expect(await logIn(withKey, { password: PASSWORD })).toBe('authentication');
    const authorized = await withKey.machine.tell('cat /root/.ssh/authorized_keys');
    expect(authorized.trim().split('\n')).toEqual([authorizedKey(ourKey.privateKey)]);
  });

  it('makes no account beside root', async () => {
    const people = "awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' /etc/passwd";
    expect(await withPassword.machine.tell(people)).toBe('');
    expect(await withKey.machine.tell(people)).toBe('');
  });

  it('stands over a reboot, and so does the host key', async () => {
    const { machine, address } = withPassword;
    const boot = () => machine.tell('systemctl show -P UserspaceTimestampMonotonic');
    const before = await boot();
    await machine.exec('systemctl reboot');
    await eventually('it came back', async () => (await boot()) !== before);
    await eventually(
      'root can log in',
      async () => (await logIn({ address }, { password: PASSWORD })) === 'root',
    );
  });

  it('a machine with another key is told as that, and gets no credential', async () => {
    const { machine, address } = withKey;
    await machine.tell('date "+%F %T.%6N" >/run/swapped');
    await machine.tell(
      'cd /etc/ssh && rm ssh_host_* && ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key && systemctl restart ssh',
    );
    const credentials = { password: PASSWORD, privateKeys: [ourKey.privateKey] };
    expect(await logIn({ address }, credentials)).toBe('host-key');
    await machine.tell(
      'cd /etc/ssh && rm ssh_host_* && ssh-keygen -q -t ecdsa -N "" -f ssh_host_ecdsa_key && systemctl restart ssh',
    );
    expect(await logIn({ address }, credentials)).toBe('host-key');
    // Whoever gets as far as naming a user leaves a line with the user's name.
    const cursor = 'journalctl -u ssh --since "$(cat /run/swapped)" | grep -c root || true';
    expect(await machine.tell(cursor)).toBe('0');
    expect(Number(await machine.tell('journalctl -u ssh | grep -c root'))).toBeGreaterThan(0);
  });
});

/** Who one is there, or why one was not let in. */
async function logIn(
  { address }: Pick<LabDroplet, 'address'>,
  credentials: Credentials,
): Promise<string> {
  const dial = (host: string, port: number) => ({ host, port });
  const shell = new Ssh2Shell({ ...credentials, dial, clock: systemClock });
  const target: ShellTarget = { host: address, port: 22, user: 'root', hostKey: hostKey.publicKey };
  try {
    const session = await shell.open(target, never);
    const { stdout } = await session.exec('id -un', { signal: never });
    return stdout.trim();
  } catch (error) {
    if (error instanceof ShellError) return error.kind;
    throw error;
  } finally {
    await shell.close();
  }
}
