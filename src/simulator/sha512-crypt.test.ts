import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sha512Crypt, verifyPassword } from './sha512-crypt.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('SHA-512 crypt', () => {
  it.each([
    [
      'Hello world!',
      '$6$saltstring',
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    ],
    [
      'Hello world!',
      '$6$rounds=10000$saltstringsaltstring',
      '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
    ],
  ])('gives the hash that its specification gives (%s, %s)', (password, setting, hash) => {
    expect(sha512Crypt(password, setting)).toBe(hash);
  });

  it.skipIf(!hasOpenssl)('agrees with openssl for passwords of many lengths', () => {
    for (let length = 1; length <= 131; length += 13) {
      const password = 'ñ9!'.repeat(50).slice(0, length);
      const { stdout } = spawnSync('openssl', ['passwd', '-6', '-salt', 'ab./XY', '-stdin'], {
        input: `${password}\n`,
        encoding: 'utf8',
      });
      expect(sha512Crypt(password, '$6$ab./XY$')).toBe(stdout.trim());
    }
  });

  it('takes the right password only, and none for a locked user', () => {
    const hash = sha512Crypt('right', '$6$salt');
    expect(verifyPassword('right', hash)).toBe(true);
    expect(verifyPassword('wrong', hash)).toBe(false);
    expect(verifyPassword('right', `!${hash}`)).toBe(false);
    expect(verifyPassword('', '*')).toBe(false);
    expect(verifyPassword('', '')).toBe(false);
  });
});
