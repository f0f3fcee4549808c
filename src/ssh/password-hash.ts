import { createHash, randomBytes } from 'node:crypto';

/** crypt(3)'s "$6$…" of a password under a random salt: what a droplet's /etc/shadow takes. */
export const passwordHash = (password: string): string => sha512Crypt(password, newSalt());

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SALT_LENGTH = 16;
/** What crypt(3) takes when the hash does not say otherwise. */
const ROUNDS = 5000;

// 64 characters, so that a byte's low six bits choose evenly.
const newSalt = (): string =>
  Array.from(randomBytes(SALT_LENGTH), (byte) => ALPHABET[byte & 63]).join('');

/**
 * SHA-512 crypt with 5,000 rounds (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512"). `salt`: up to 16 characters of
 * [./0-9A-Za-z]. Throws TypeError for another one.
 */
export function sha512Crypt(password: string, salt: string): string {
  if (!/^[./0-9A-Za-z]{0,16}$/.test(salt)) {
    throw new TypeError('A salt is at most 16 characters of ./0-9A-Za-z.');
  }
  const key = Buffer.from(password);
  const saltBytes = Buffer.from(salt);

  const mixed = sha512(key, saltBytes, key);
  const parts = [key, saltBytes, stretch(mixed, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? mixed : key);
  let digest = sha512(...parts);

  const keySequence = stretch(sha512(...Array<Buffer>(key.length).fill(key)), key.length);
  const saltTimes = 16 + (digest[0] ?? 0);
  const saltSequence = stretch(sha512(...Array<Buffer>(saltTimes).fill(saltBytes)), salt.length);
  for (let round = 0; round < ROUNDS; round++) {
    const odd = round % 2 === 1;
    digest = sha512(
      odd ? keySequence : digest,
      ...(round % 3 === 0 ? [] : [saltSequence]),
      ...(round % 7 === 0 ? [] : [keySequence]),
      odd ? digest : keySequence,
    );
  }
  return `$6$${salt}$${encode(digest)}`;
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** `bytes` over and over, `length` bytes of it. */
const stretch = (bytes: Buffer, length: number): Buffer => Buffer.alloc(length, bytes);

/** crypt's own base 64, of bytes 0, 21, 42, then 22, 43, 1 and so on: three give four characters, lowest bits first. */
function encode(digest: Buffer): string {
  let text = '';
  const put = (value: number, characters: number) => {
    for (let rest = value, i = 0; i < characters; i++, rest >>= 6) text += ALPHABET[rest & 63];
  };
  const byte = (index: number) => digest[index] ?? 0;
  let [high, middle, low] = [0, 21, 42];
  for (let group = 0; group < 21; group++) {
    put((byte(high) << 16) | (byte(middle) << 8) | byte(low), 4);
    [high, middle, low] = [middle + 1, low + 1, high + 1];
  }
  put(byte(63), 2);
  return text;
}
