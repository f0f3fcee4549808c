import { createHash, timingSafeEqual } from 'node:crypto';
import { type Caller, ROLES, type Role } from './roles.ts';

export interface ApiKey extends Caller {
  /** SHA-256 of the key. */
  readonly digest: Buffer;
}

const NAMED = new RegExp(`^([A-Za-z0-9._-]{1,64}):(${ROLES.join('|')}):(.+)$`, 's');
const HASHED = /^sha256:([0-9a-f]{64})$/i;

/** Of hexadecimal digits, 128 bits: no number of guesses that a server could answer comes near to it. */
export const LEAST_UNGUESSABLE = 32;

/** Whether it pays to try: not with a key of this length that was made by chance, as all long ones should be. */
export const canBeGuessed = (key: string): boolean => key.length < LEAST_UNGUESSABLE;

const digestOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/**
 * Reads API_KEY: keys separated by commas, each as it is ("k1", an admin's) or with a name and a role ("web:operator:k2"). In place
 * of a key may stand its hash, "sha256:<64 hex digits>". Throws TypeError for two keys of one name.
 */
export function parseApiKeys(text: string): readonly ApiKey[] {
  const keys = partsOf(text).map((part, index): ApiKey => {
    const [, name = `key-${index + 1}`, role = 'admin', key = part] = NAMED.exec(part) ?? [];
    const hash = HASHED.exec(key)?.[1];
    const digest = hash === undefined ? digestOf(Buffer.from(key)) : Buffer.from(hash, 'hex');
    return { name, role: role as Role, digest };
  });
  const names = keys.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new TypeError(`two keys are called "${twice}": give each a name of its own`);
  }
  return keys;
}

/** The first key that stands there itself and not as its hash: for commands that call the API. */
export const plainKeyOf = (text: string): string | undefined =>
  partsOf(text)
    .map((part) => NAMED.exec(part)?.[3] ?? part)
    .find((key) => !HASHED.test(key));

/** Names of the keys that can be guessed, of those that stand there themselves. */
export const guessableKeysOf = (text: string): string[] =>
  partsOf(text).flatMap((part, index) => {
    const [, name = `key-${index + 1}`, , key = part] = NAMED.exec(part) ?? [];
    return canBeGuessed(key) && !HASHED.test(key) ? [name] : [];
  });

const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Whose key this is. Compares digests, in constant time and with all keys. `given`: a header's text, which is Latin-1 for bytes of any meaning. */
export function callerOf(keys: readonly ApiKey[], given: string): Caller | undefined {
  const offered = digestOf(Buffer.from(given, 'latin1'));
  let caller: Caller | undefined;
  for (const key of keys) {
    if (timingSafeEqual(key.digest, offered)) caller ??= { name: key.name, role: key.role };
  }
  return caller;
}
