import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { passwordHash, sha512Crypt } from './password-hash.ts';

const openssl = (password: string, salt: string) =>
  spawnSync('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], {
    input: `${password}\n`,
    encoding: 'utf8',
  }).stdout.trim();
const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;

describe('sha512Crypt', () => {
  it('gives the hash that glibc and OpenSSL give', () => {
    expect(sha512Crypt('Hello world!', 'saltstring')).toBe(
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    );
  });

  it.skipIf(!hasOpenssl)('agrees with OpenSSL for every length of password and salt', () => {
    const long = 'ñandú-€-🤖-0123456789-abcdefghijklmnopqrstuvwxyz-'.repeat(4);
    for (const length of [1, 2, 15, 16, 31, 32, 33, 63, 64, 65, 127]) {
      const password = long.slice(0, length);
      const salt = 'Zz./09aAbBcCdDeE'.slice(0, 1 + (length % 16));
      expect(sha512Crypt(password, salt)).toBe(openssl(password, salt));
    }
  });

  it('refuses a salt that would change the shape of the hash', () => {
    for (const salt of ['a$b', 'a\nb', 'x'.repeat(17)]) {
      expect(() => sha512Crypt('p', salt)).toThrow(TypeError);
    }
  });
});

describe('passwordHash', () => {
  it('takes another salt each time and does not hold the password', () => {
    const [one, other] = [passwordHash('correct horse'), passwordHash('correct horse')];
    expect(one).toMatch(/^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/);
    expect(one).not.toBe(other);
  });

  it('can be checked with the salt that it bears', () => {
    const hash = passwordHash('s3cret');
    expect(sha512Crypt('s3cret', hash.split('$')[2] ?? '')).toBe(hash);
  });
});
