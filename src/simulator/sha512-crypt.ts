import { createHash, timingSafeEqual } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const sha512 = (...parts: readonly Buffer[]) => {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
/** The first `length` bytes of `block` repeated. */
const repeat = (block: Buffer, length: number) => Buffer.alloc(length, block);

/**
 * SHA-512 crypt of a password: "$6$salt$…" or "$6$rounds=N$salt$…", as /etc/shadow and cloud-config hold it.
 * `setting` is such a hash or its beginning up to the salt. After Ulrich Drepper's specification of 2008.
 * Throws when the setting is of another kind.
 */
export function sha512Crypt(password: string, setting: string): string {
  const parts = /^\$6\$(rounds=(\d+)\$)?([^$]*)/.exec(setting);
  if (parts === null) throw new Error('The password hash is not SHA-512 crypt ($6$…).');
  const rounds = Math.min(999_999_999, Math.max(1_000, Number(parts[2] ?? 5_000)));
  const saltText = (parts[3] ?? '').slice(0, 16);
  const key = Buffer.from(password);
  const salt = Buffer.from(saltText);

  const inner = sha512(key, salt, key);
  const start: Buffer[] = [key, salt, repeat(inner, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) start.push(bits & 1 ? inner : key);
  let digest = sha512(...start);

  const keyDigest = sha512(...Array.from(key, () => key));
  const keyBytes = repeat(keyDigest, key.length);
  const saltDigest = sha512(...Array.from({ length: 16 + (digest[0] ?? 0) }, () => salt));
  const saltBytes = repeat(saltDigest, salt.length);

  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    const mixed: Buffer[] = [odd ? keyBytes : digest];
    if (round % 3 !== 0) mixed.push(saltBytes);
    if (round % 7 !== 0) mixed.push(keyBytes);
    mixed.push(odd ? digest : keyBytes);
    digest = sha512(...mixed);
  }
  return `$6$${parts[1] ?? ''}${saltText}$${encode(digest)}`;
}

/** Does the password fit the hash? false too when the hash is locked ("!…", "*") or of another kind. */
export function verifyPassword(password: string, hash: string): boolean {
  if (!hash.startsWith('$6$')) return false;
  const computed = Buffer.from(sha512Crypt(password, hash));
  const wanted = Buffer.from(hash);
  return computed.length === wanted.length && timingSafeEqual(computed, wanted);
}

/** Three bytes at a time, in the specification's order (each triple is the former moved by one), lowest bits first. */
function encode(digest: Buffer): string {
  let text = '';
  const put = (value: number, characters: number) => {
    for (let index = 0; index < characters; index += 1)
      text += ALPHABET[(value >> (6 * index)) & 63];
  };
  let [high, middle, low] = [0, 21, 42];
  for (let index = 0; index < 21; index += 1) {
    put(((digest[high] ?? 0) << 16) | ((digest[middle] ?? 0) << 8) | (digest[low] ?? 0), 4);
    [high, middle, low] = [middle + 1, low + 1, high + 1];
  }
  put(digest[63] ?? 0, 2);
  return text;
}
