import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalSecrets } from './local-secrets.ts';
import { SecretError } from './secrets.ts';

let root: string;
let secrets: LocalSecrets;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'orquesta-secrets-'));
  mkdirSync(join(root, 'given/more'), { recursive: true });
  writeFileSync(join(root, 'outside'), 'not for you');
  writeFileSync(join(root, 'given/one'), 'first line\nsecond\n');
  writeFileSync(join(root, 'given/more/two'), 'deep');
  writeFileSync(join(root, 'given/binary'), Buffer.from([0xff, 0xfe]));
  writeFileSync(join(root, 'given/large'), 'x'.repeat(40_000));
  symlinkSync(join(root, 'outside'), join(root, 'given/link'));
  symlinkSync('one', join(root, 'given/inner'));
  mkdirSync(join(root, 'given/tls'));
  for (const own of ['ssh_key', 'tls/server.pem']) writeFileSync(join(root, 'given', own), 'ours');
  symlinkSync('ssh_key', join(root, 'given/to-own'));
  symlinkSync('given/ssh_key', join(root, 'key'));
  secrets = new LocalSecrets({
    env: { OPENAI_KEY: 'sk-1', API_KEY: 'ours', EMPTY: '' },
    dir: join(root, 'given'),
    isHidden: (name) => name === 'API_KEY',
    ownFiles: ['key', 'given/tls', 'not-there'].map((own) => join(root, own)),
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a secret', () => {
  it('is a variable of the controller, an empty one too', async () => {
    expect(await secrets.read({ env: 'OPENAI_KEY' })).toBe('sk-1');
    expect(await secrets.read({ env: 'EMPTY' })).toBe('');
  });

  it('is a file of the folder, without its last line break', async () => {
    expect(await secrets.read({ file: 'one' })).toBe('first line\nsecond');
    expect(await secrets.read({ file: 'more/two' })).toBe('deep');
    expect(await secrets.read({ file: join(root, 'given/one') })).toBe('first line\nsecond');
    expect(await secrets.read({ file: 'inner' })).toBe('first line\nsecond');
  });

  it.each([
    [{ env: 'API_KEY' }],
    [{ env: 'NOT_SET' }],
    [{ file: 'missing' }],
    [{ file: 'more' }],
    [{ file: 'link' }],
    [{ file: 'ssh_key' }],
    [{ file: 'to-own' }],
    [{ file: 'tls/server.pem' }],
    [{ file: '../outside' }],
    [{ file: '/etc/passwd' }],
    [{ file: 'binary' }],
    [{ file: 'large' }],
  ])('is refused with a sentence for %j', async (source) => {
    const error = await secrets.read(source).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(SecretError);
    expect((error as Error).message).not.toMatch(/ours|not for you|root:/);
  });
});
