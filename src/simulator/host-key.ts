import { generateKeyPairSync, randomBytes } from 'node:crypto';

const NAME = 'ssh-ed25519';

/**
 * A new ed25519 host key: the private part as OpenSSH's PEM, the public one as "ssh-ed25519 AAAA…".
 * node:crypto makes it, for ssh2's own generator spoils about one key in 256.
 */
export function generateHostKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(jwk.d ?? '', 'base64url');
  const point = Buffer.from(jwk.x ?? '', 'base64url');
  const publicBlob = Buffer.concat([field(NAME), field(point)]);
  const check = randomBytes(4);
  const secrets = Buffer.concat([
    check,
    check,
    publicBlob,
    field(Buffer.concat([seed, point])),
    field('simulator'),
  ]);
  const padding = Buffer.from(Array.from({ length: -secrets.length & 7 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    uint32(1),
    field(publicBlob),
    field(Buffer.concat([secrets, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  const pem = [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...lines,
    '-----END OPENSSH PRIVATE KEY-----',
  ];
  return {
    privateKey: `${pem.join('\n')}\n`,
    publicKey: `${NAME} ${publicBlob.toString('base64')}`,
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
