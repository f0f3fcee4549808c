import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { givenCertificate, ownNames, selfSigned } from './certificate.ts';

const NOW = Date.UTC(2026, 0, 1);
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orquesta-certificate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('serves the names that it is asked for, by an authority that clients can keep', async () => {
  const names = ['localhost', '127.0.0.1', '::1', 'orquesta.example.com'];
  const made = await selfSigned(join(folder, 'tls'), names, NOW);
  const certificate = new X509Certificate(made.cert);
  expect(certificate.verify(new X509Certificate(made.ca).publicKey)).toBe(true);
  expect(certificate.checkHost('orquesta.example.com')).toBe('orquesta.example.com');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkHost('example.org')).toBeUndefined();
  for (const file of ['ca.pem', 'server.pem']) {
    expect(statSync(join(folder, 'tls', file)).mode & 0o077).toBe(0);
  }
});

it('is the same as long as it serves; a missing name or a near end makes a new one by the same authority', async () => {
  const first = await selfSigned(folder, ['a.example'], NOW);
  expect(await selfSigned(folder, ['a.example'], NOW + YEAR_MS)).toEqual(first);
  const wider = await selfSigned(folder, ['a.example', 'b.example'], NOW);
  expect(wider.cert).not.toBe(first.cert);
  expect(wider.ca).toBe(first.ca);
  const later = await selfSigned(folder, ['a.example', 'b.example'], NOW + 3 * YEAR_MS);
  expect(later.cert).not.toBe(wider.cert);
  expect(later.ca).toBe(first.ca);
});

it('many at once agree on one authority', async () => {
  const made = await Promise.all([1, 2, 3, 4].map(() => selfSigned(folder, ['localhost'], NOW)));
  expect(new Set(made.map(({ ca }) => ca)).size).toBe(1);
});

it('names this machine, HOST and TLS_NAMES', () => {
  const names = ownNames({ HOST: '0.0.0.0', TLS_NAMES: 'a.example, 10.0.0.9' });
  expect(names).toEqual(
    expect.arrayContaining(['localhost', '127.0.0.1', 'a.example', '10.0.0.9']),
  );
  expect(names).not.toContain('0.0.0.0');
});

it('one that is given is refused when no client could speak to it: empty, broken, or by another key', async () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const { cert, key } = await selfSigned(join(folder, 'a'), ['localhost'], NOW);
  const { key: otherKey } = await selfSigned(join(folder, 'b'), ['localhost'], NOW);
  const [certFile, keyFile, empty] = [file('cert', cert), file('key', key), file('empty', '')];
  expect(givenCertificate(certFile, keyFile)).toEqual({ cert, key });
  const refused = (...files: [string, string]) =>
    expect(() => givenCertificate(...files)).toThrow();
  refused(empty, empty);
  refused(certFile, empty);
  refused(file('broken', cert.slice(0, 100)), keyFile);
  refused(certFile, file('other', otherKey));
  refused(certFile, join(folder, 'none'));
});
