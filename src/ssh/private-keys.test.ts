import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { authorizedKey } from './authorized-key.ts';
import { newHostKey } from './host-key.ts';
import { privateKeysIn } from './private-keys.ts';

const [first, second] = [newHostKey().privateKey, newHostKey().privateKey];

test('several keys come in their order, with or without a line break between', () => {
  expect(privateKeysIn(`${first}${second}`)).toEqual([first, second]);
  expect(
    privateKeysIn(`${first.trim()}${second.replaceAll('\n', '\r\n')}`).map(authorizedKey),
  ).toEqual([first, second].map(authorizedKey));
});

test('what else a PEM file holds is no key: the parameters that openssl writes before one of a curve', () => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  const parameters =
    '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
  const [key = '', ...more] = privateKeysIn(parameters + privateKey);
  expect(more).toEqual([]);
  expect(authorizedKey(key)).toMatch(/^ecdsa-sha2-nistp256 /);
});

test('a text without any is given back, for whoever reads it to refuse', () => {
  expect(privateKeysIn('no key')).toEqual(['no key']);
});
