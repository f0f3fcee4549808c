import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint, newHostKey, publicKeyLine, readPublicKey } from './host-key.ts';

const has = (program: string) =>
  spawnSync(program, ['-?'], { stdio: 'ignore' }).error === undefined;

describe('newHostKey', () => {
  it('makes another key each time, in the form that cloud-init hands to sshd', () => {
    const [one, other] = [newHostKey(), newHostKey()];
    expect(one.publicKey).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/);
    expect(one.privateKey).toMatch(
      /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,70}\n)+-----END/,
    );
    expect(one.publicKey).not.toBe(other.publicKey);
  });

  it('makes no spoilt key in a thousand', () => {
    // Each is read back and signs once in newHostKey; a generator that drops a leading zero fails about four of these.
    for (let i = 0; i < 1000; i++) newHostKey();
  });

  it.skipIf(!has('ssh-keygen'))('is the same key to OpenSSH, and has the same fingerprint', () => {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-host-key-'));
    try {
      const key = newHostKey();
      const file = join(dir, 'key');
      writeFileSync(file, key.privateKey, { mode: 0o600 });
      const run = (...args: string[]) => spawnSync('ssh-keygen', args, { encoding: 'utf8' }).stdout;
      expect(run('-y', '-f', file).trim()).toBe(key.publicKey);
      expect(run('-l', '-f', file)).toContain(
        ` ${fingerprint(readPublicKey(key.publicKey).blob)} `,
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('readPublicKey', () => {
  it('ignores the comment and gives back the line', () => {
    const { publicKey } = newHostKey();
    const { type, blob } = readPublicKey(`${publicKey} root@bot\n`);
    expect(type).toBe('ssh-ed25519');
    expect(publicKeyLine(blob)).toBe(publicKey);
  });

  it.each(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA=='])(
    'refuses %j',
    (line) => {
      expect(() => readPublicKey(line)).toThrow(TypeError);
    },
  );
});
