import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../config.ts';
import { instanceClassSpec } from '../../resources/instance-class.ts';
import { newHostKey } from '../../ssh/host-key.ts';
import { checkCloudAddress, checkKeys, checkLogin, checkPort, checkSessions } from './local.ts';

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
    return checkLogin(config({ SSH_PRIVATE_KEY_FILE: file }))?.state;
  };

  it('is that its owner alone may read it', () => {
    expect([said(0o600), said(0o640), said(0o604)]).toEqual(['ok', 'warning', 'warning']);
  });

  it.skipIf(process.getuid?.() !== 0)('is that a group may where it is how we do', () => {
    expect([said(0o440, 1), said(0o444, 1)]).toEqual(['ok', 'warning']);
  });
});

it('says nothing of the login where there is none to be: an API is given nothing that opens a droplet', () => {
  const given = { ORQUESTA_ROLE: 'api', DIGITALOCEAN_TOKEN: '', DIGITALOCEAN_SSH_PASSWORD: '' };
  expect(checkLogin(config(given))).toBeUndefined();
});

describe('what the doctor says of sessions', () => {
  const plain = instanceClassSpec.parse({});
  const keeping = instanceClassSpec.parse({ session: { path: '/opt/bot/auth' } });
  const said = (over: Readonly<Record<string, string>>, classes = { plain, keeping }) =>
    checkSessions(config(over), new Map(Object.entries(classes)));
  const ORQUESTA_ENCRYPTION_KEY = 'ab'.repeat(32);

  it('is which classes would keep them, and can not without a key', () => {
    const check = said({});
    expect(check).toMatchObject({
      state: 'warning',
      message: expect.stringMatching(/\(keeping\)/),
    });
    expect(said({ ORQUESTA_ENCRYPTION_KEY })).toMatchObject({ state: 'ok' });
  });

  it('is nothing where no class keeps any, or an API needs no key for it', () => {
    const none = checkSessions(config({}), new Map([['plain', plain]]));
    expect([none, said({ ORQUESTA_ROLE: 'api' })]).toEqual([undefined, undefined]);
  });
});

describe('what the doctor says of a port that Orquesta has taken', () => {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const hasIPv6 = addresses.some(({ address }) => address === '::1');

  it.each(['127.0.0.1', '0.0.0.0', ...(hasIPv6 ? ['::1', '::'] : [])])('at %s', async (HOST) => {
    const server = createServer((_, response) => response.end('{"version":"1.0.0"}'));
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await checkPort(config({ HOST, PORT: String(port) }))).toMatchObject({ state: 'ok' });
    } finally {
      server.close();
    }
  });
});
