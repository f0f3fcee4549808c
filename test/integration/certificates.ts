import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An authority and a certificate for 127.0.0.1: ca.pem, server.pem and server.key. */
export function makeCertificates(dir: string): void {
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=127.0.0.1');
  writeFileSync(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    '2',
    '-extfile',
    'names',
  );
}

/** For a Redis server or a Sentinel that has the certificate of such a folder. */
export const tlsArguments = (dir: string): readonly string[] => [
  ...['--tls-cert-file', join(dir, 'server.pem'), '--tls-key-file', join(dir, 'server.key')],
  ...['--tls-ca-cert-file', join(dir, 'ca.pem'), '--tls-auth-clients', 'no'],
];

/** For a client of one. */
export const tlsClient = (dir: string | undefined) =>
  dir === undefined ? {} : { tls: { ca: readFileSync(join(dir, 'ca.pem')) } };
