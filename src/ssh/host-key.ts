import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import ssh2 from 'ssh2';

export interface HostKey {
  /** OpenSSH PEM (openssh-key-v1), ed25519, without a passphrase. */
  readonly privateKey: string;
  /** "ssh-ed25519 AAAA…", without a comment. */
  readonly publicKey: string;
}

/** A new ed25519 key. Not by ssh2's own generator: it spoils about one key in 256. */
export function newHostKey(): HostKey {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (!jwk.d || !jwk.x) throw new Error('node:crypto gave an ed25519 key without its halves');
  const key = encode(Buffer.from(jwk.d, 'base64url'), Buffer.from(jwk.x, 'base64url'));
  assertSameKey(key);
  return key;
}

/** SHA-256 fingerprint as OpenSSH prints it. `blob` is what follows the type in a public key line, decoded. */
export const fingerprint = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`;

/** The type and the decoded blob of "ssh-ed25519 AAAA… comment". Throws TypeError when it is no public key line. */
export function readPublicKey(line: string): { readonly type: string; readonly blob: Buffer } {
  const [type = '', base64 = ''] = line.trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  // The blob begins with its own type; a line whose two halves disagree was put together wrongly.
  if (!/^[a-z0-9@.-]+$/.test(type) || blobType(blob) !== type) {
    throw new TypeError('A host key must look like "ssh-ed25519 AAAA…".');
  }
  return { type, blob };
}

/** The line that known_hosts would hold of a key as it goes over the wire. */
export const publicKeyLine = (blob: Buffer): string =>
  `${blobType(blob) ?? 'unknown'} ${blob.toString('base64')}`;

function blobType(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return blob.length >= 4 + length ? blob.toString('latin1', 4, 4 + length) : undefined;
}

const TYPE = 'ssh-ed25519';
/** Padded to this, as OpenSSH does for a key without a cipher. */
const BLOCK_BYTES = 8;
const PEM_COLUMNS = 70;

/** OpenSSH's PROTOCOL.key: the public key, and a section with both halves, opened by a check number written twice. */
function encode(seed: Buffer, publicHalf: Buffer): HostKey {
  const publicBlob = Buffer.concat([field(TYPE), field(publicHalf)]);
  const check = randomBytes(4);
  const section = Buffer.concat([
    check,
    check,
    publicBlob,
    field(Buffer.concat([seed, publicHalf])),
    field(''), // comment
  ]);
  const missing = (BLOCK_BYTES - (section.length % BLOCK_BYTES)) % BLOCK_BYTES;
  const padding = Buffer.from(Array.from({ length: missing }, (_, i) => i + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'), // cipher
    field('none'), // key derivation
    field(''), // its options
    uint32(1), // number of keys
    field(publicBlob),
    field(Buffer.concat([section, padding])),
  ]);
  const lines = whole.toString('base64').match(new RegExp(`.{1,${PEM_COLUMNS}}`, 'g')) ?? [];
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `${TYPE} ${publicBlob.toString('base64')}`,
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A droplet whose sshd cannot read its key never comes up: better no key than a spoilt one. */
function assertSameKey({ privateKey, publicKey }: HostKey): void {
  const parsed = ssh2.utils.parseKey(privateKey);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) {
    throw new Error('A host key just made cannot be read back', { cause: key });
  }
  const { blob } = readPublicKey(publicKey);
  if (!key.getPublicSSH().equals(blob))
    throw new Error('The halves of a host key just made do not belong together');
}
