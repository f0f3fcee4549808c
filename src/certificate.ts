import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';

/** PEM texts. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  /** What a client must trust. */
  readonly ca: string;
}

/** The certificate of two PEM files, read now. Throws Error for one by which nobody could be spoken to. */
export function givenCertificate(
  certFile: string,
  keyFile: string,
): Pick<ServerCertificate, 'cert' | 'key'> {
  const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
  // With nothing in them a server would start, and each handshake fail.
  if (cert.trim() === '' || key.trim() === '') throw new Error('one of the files is empty');
  createSecureContext({ cert, key });
  return { cert, key };
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Clients keep the CA in their kubeconfig: it outlives them. */
const CA_DAYS = 3_650;
/** Renewed at a start when less than a month is left: a program that is updated now and then never runs with an old one. */
const SERVER_DAYS = 825;
const RENEW_DAYS = 30;
/** Clocks differ. */
const BACKDATE_MS = 60 * 60 * 1000;

/**
 * A certificate authority of our own, made once and kept in a folder, and a certificate by it for these names, made anew when one is
 * missing or it ends soon. Keys can be read by the owner alone. Any number of processes may call it at once. `now` is ms since the epoch.
 */
export async function selfSigned(
  folder: string,
  names: readonly string[],
  now: number,
): Promise<ServerCertificate> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = await authorityIn(folder, now);
  const file = join(folder, 'server.pem');
  const kept = existsSync(file) ? parse(readFileSync(file, 'utf8')) : undefined;
  if (kept && serves(kept.cert, authority.cert, names, now)) return { ...kept, ca: authority.cert };
  const altNames = names.map((name) =>
    isIP(name) ? ({ type: 7, ip: name } as const) : ({ type: 2, value: name } as const),
  );
  const made = await generate([{ name: 'commonName', value: 'orquesta' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - BACKDATE_MS),
    notAfterDate: new Date(now + SERVER_DAYS * DAY_MS),
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  const pair = { cert: `${made.cert.trim()}\n`, key: `${made.private.trim()}\n` };
  renameSync(written(folder, pair), file);
  return { ...pair, ca: authority.cert };
}

/** Names and addresses by which this machine may be reached: its own, HOST, and those of TLS_NAMES, separated by commas. */
export function ownNames({
  HOST = '',
  TLS_NAMES = '',
}: {
  readonly HOST?: string | undefined;
  readonly TLS_NAMES?: string | undefined;
}): readonly string[] {
  const given = [...TLS_NAMES.split(','), HOST]
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '0.0.0.0' && name !== '::');
  const addresses = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).map(({ address }) => address.replace(/%.*$/s, '')),
  );
  return [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...given, ...addresses])];
}

async function authorityIn(folder: string, now: number): Promise<Pair> {
  const file = join(folder, 'ca.pem');
  if (!existsSync(file)) {
    const made = await generate([{ name: 'commonName', value: 'Orquesta CA' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(now - BACKDATE_MS),
      notAfterDate: new Date(now + CA_DAYS * DAY_MS),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    });
    const pair = { cert: `${made.cert.trim()}\n`, key: `${made.private.trim()}\n` };
    const temporary = written(folder, pair);
    try {
      // Of several who make one at once, the first one's counts.
      linkSync(temporary, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    rmSync(temporary, { force: true });
  }
  const pair = parse(readFileSync(file, 'utf8'));
  if (!pair)
    throw new Error(`${file} holds no key and certificate: delete it, and a new one is made`);
  writeFileSync(join(folder, 'ca.crt'), pair.cert, { mode: 0o644 });
  return pair;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A file that is whole before it gets its name. */
function written(folder: string, { cert, key }: Pair): string {
  const temporary = join(folder, `.${process.pid}.${Math.floor(performance.now() * 1e6)}.tmp`);
  writeFileSync(temporary, `${key}${cert}`, { mode: 0o600, flag: 'wx' });
  chmodSync(temporary, 0o600);
  return temporary;
}

function parse(text: string): Pair | undefined {
  const block = (label: string): string | undefined =>
    new RegExp(`-----BEGIN ${label}-----[\\s\\S]+?-----END ${label}-----\\n?`).exec(text)?.[0];
  const [cert, key] = [block('CERTIFICATE'), block('[A-Z ]*PRIVATE KEY')];
  return cert && key ? { cert, key } : undefined;
}

function serves(cert: string, ca: string, names: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(cert);
  const issuer = new X509Certificate(ca);
  return (
    certificate.verify(issuer.publicKey) &&
    Date.parse(certificate.validTo) - now > RENEW_DAYS * DAY_MS &&
    names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)))
  );
}
