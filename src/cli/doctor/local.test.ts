import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../config.ts';
import { newHostKey } from '../../ssh/host-key.ts';
import { checkCloudAddress, checkKeys, checkLogin } from './local.ts';

const config = (over: Readonly<Record<string, string>>): Config =>
  readConfig({ API_KEY: 'k', DIGITALOCEAN_TOKEN: 't', DIGITALOCEAN_SSH_PASSWORD: 'p', ...over });

describe('what the doctor says of the keys of the API', () => {
  const long = 'x'.repeat(32);

  it('names those that can be guessed', () => {
    const check = checkKeys(config({ API_KEY: `${long},web:operator:short` }));
    expect(check).toMatchObject({ state: 'warning', message: expect.stringContaining('(web)') });
    expect(check?.message).not.toContain('short)');
  });

  it('is content with long ones', () => {
    expect(checkKeys(config({ API_KEY: long }))).toMatchObject({ state: 'ok' });
  });

  it('says nothing of none', () => {
    const controller = config({ ORQUESTA_ROLE: 'controller', API_KEY: '' });
    expect(checkKeys(controller)).toBeUndefined();
  });
});

describe('what the doctor says of the address of the cloud', () => {
  it.each([
    ['https://api.digitalocean.com', 'ok'],
    ['http://127.0.0.1:9000', 'ok'],
    ['http://localhost:9000', 'ok'],
    ['http://[::1]:9000', 'ok'],
    ['http://127.0.0.1.example.com', 'warning'],
    ['http://proxy.example.com', 'warning'],
  ])('%s: %s', (url, state) =>
    expect(checkCloudAddress(config({ DIGITALOCEAN_API_URL: url })).state).toBe(state),
  );
});

describe('what the doctor says of the key file', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'orquesta-doctor-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const said = (mode: number, owner?: number) => {
    const file = join(dir, `key-${mode}-${owner}`);
    writeFileSync(file, newHostKey().privateKey);
    chmodSync(file, mode);
    if (owner !== undefined) chownSync(file, owner, owner);
    return checkLogin(config({ SSH_PRIVATE_KEY_FILE: file })).state;
  };

  it('is that its owner alone may read it', () => {
    expect([said(0o600), said(0o640), said(0o604)]).toEqual(['ok', 'warning', 'warning']);
  });

  it.skipIf(process.getuid?.() !== 0)('is that a group may where it is how we do', () => {
    expect([said(0o440, 1), said(0o444, 1)]).toEqual(['ok', 'warning']);
  });
});
