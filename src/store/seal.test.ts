import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEncryptionKeys, Seal, SealError } from './seal.ts';

const [old, young] = [randomBytes(32), randomBytes(32)];
const bytes = Buffer.from('a private key');

describe('a sealed thing', () => {
  it('opens as what it was, whatever it holds', () => {
    const seal = new Seal([young]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), (plain, what) => {
        expect(seal.open(what, seal.seal(what, plain))).toEqual(Buffer.from(plain));
      }),
    );
  });

  it('shows nothing of its content and is never the same twice', () => {
    const seal = new Seal([young]);
    const [one, two] = [seal.seal('x', bytes), seal.seal('x', bytes)];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.split('.')[2] ?? '', 'base64').includes(bytes)).toBe(false);
  });

  it('does not open as something else, nor once a bit has changed', () => {
    const seal = new Seal([young]);
    const sealed = seal.seal('deploy-key', bytes);
    expect(() => seal.open('session', sealed)).toThrow(SealError);
    const [version, id, body = ''] = sealed.split('.');
    const spoilt = Buffer.from(body, 'base64');
    for (let at = 0; at < spoilt.length; at++) {
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      const text = [version, id, spoilt.toString('base64')].join('.');
      expect(() => seal.open('deploy-key', text)).toThrow(SealError);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
    }
  });

  it('outlives a rotation, and says which key is missing after that', () => {
    const sealed = new Seal([old]).seal('x', bytes);
    const both = new Seal([young, old]);
    expect(both.open('x', sealed)).toEqual(bytes);
    expect(both.isOutdated(sealed)).toBe(true);
    const renewed = both.seal('x', bytes);
    expect(both.isOutdated(renewed)).toBe(false);
    expect(new Seal([young]).open('x', renewed)).toEqual(bytes);
    expect(() => new Seal([young]).open('x', sealed)).toThrow(/ORQUESTA_ENCRYPTION_KEY/);
    expect(() => new Seal([]).seal('x', bytes)).toThrow(/ORQUESTA_ENCRYPTION_KEY/);
  });
});

describe('ORQUESTA_ENCRYPTION_KEY', () => {
  it('holds one key or several, as base64 or hex', () => {
    expect(parseEncryptionKeys(young.toString('base64'))).toEqual([young]);
    expect(parseEncryptionKeys(`${young.toString('hex')}, ${old.toString('base64url')}`)).toEqual([
      young,
      old,
    ]);
  });

  it.each(['', 'short', 'correct horse battery staple', `${randomBytes(31).toString('base64')}`])(
    'refuses %j without repeating it',
    (text) => {
      let message = '';
      try {
        parseEncryptionKeys(text);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/^must be 32 random bytes/);
      if (text) expect(message).not.toContain(text);
    },
  );
});
