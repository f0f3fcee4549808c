import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { userData } from './user-data.ts';

const key = { hostKeyPrivate: '-----BEGIN\nabc\n-----END\n', hostKeyPublic: 'ssh-ed25519 AAAA' };
const read = (text: string) => parse(text, { version: '1.1' });

/** Whatever a string can hold, and what YAML or its readers are known to take for something else. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('no', 'on', '~', '1:30', '0x1F', '- a', 'a: b', '# c', '"', "'", '\n---\n', '{}'),
  fc.string({ unit: fc.constantFrom('\n', ' ', ':', '#', '-', '"', "'", '\\', '&', '!', 'a') }),
);

describe('userData', () => {
  it('lets root in by password and key, and presents our host key alone', () => {
    const text = userData({ ...key, passwordHash: '$6$s$h', authorizedKeys: ['ssh-ed25519 B me'] });
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    expect(read(text)).toEqual({
      disable_root: false,
      users: [
        {
          name: 'root',
          lock_passwd: false,
          hashed_passwd: '$6$s$h',
          ssh_authorized_keys: ['ssh-ed25519 B me'],
        },
      ],
      ssh_pwauth: true,
      chpasswd: { expire: false },
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: key.hostKeyPrivate, ed25519_public: key.hostKeyPublic },
    });
  });

  it('closes password login when there is no password', () => {
    const config = read(userData({ ...key, authorizedKeys: ['ssh-ed25519 B'] }));
    expect(config.ssh_pwauth).toBe(false);
    expect(config.users[0]).not.toHaveProperty('hashed_passwd');
  });

  it('no value can change its shape', () => {
    fc.assert(
      fc.property(
        anyText,
        anyText,
        fc.option(anyText, { nil: undefined }),
        fc.array(anyText, { maxLength: 4 }),
        (hostKeyPrivate, hostKeyPublic, passwordHash, authorizedKeys) => {
          const config = read(
            userData({ hostKeyPrivate, hostKeyPublic, passwordHash, authorizedKeys }),
          );
          expect(config.ssh_keys).toEqual({
            ed25519_private: hostKeyPrivate,
            ed25519_public: hostKeyPublic,
          });
          expect(config.users).toHaveLength(1);
          expect(config.users[0].hashed_passwd).toBe(passwordHash);
          expect(config.users[0].ssh_authorized_keys ?? []).toEqual(authorizedKeys);
        },
      ),
    );
  });

  const python = spawnSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' }).status === 0;
  it.skipIf(!python)("is the same to cloud-init's own reader, PyYAML", () => {
    const text = userData({ ...key, passwordHash: '$6$no', authorizedKeys: ['yes', '1:30'] });
    const script = 'import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
    const { stdout } = spawnSync('python3', ['-c', script], { input: text, encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(read(text));
  });

  it('refuses 64 KiB and more, counted in bytes', () => {
    const withKeyOf = (authorizedKey: string) =>
      userData({ ...key, authorizedKeys: [authorizedKey] });
    const rest = Buffer.byteLength(withKeyOf(''));
    expect(Buffer.byteLength(withKeyOf('x'.repeat(65_535 - rest)))).toBe(65_535);
    expect(() => withKeyOf('x'.repeat(65_536 - rest))).toThrow(/65536 bytes/);
    expect(() => withKeyOf('é'.repeat(33_000))).toThrow(RangeError);
  });
});
