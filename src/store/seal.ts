import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** What Redis holds was sealed with a key that is not given, or was changed since. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** NIST SP 800-38D: 96 bits, and never the same twice under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Reads ORQUESTA_ENCRYPTION_KEY, where it is set: keys of 32 bytes as base64 or hex, separated by commas; the first seals, all open.
 * Throws TypeError with a sentence that shows nothing of a key.
 */
export function parseEncryptionKeys(text: string | undefined): readonly Buffer[] {
  if (text === undefined) return [];
  const keys = text.split(',').map((part) => part.trim());
  return keys.map((part, index) => {
    const isHex = /^[0-9a-f]{64}$/i.test(part);
    const bytes = Buffer.from(part, isHex ? 'hex' : 'base64');
    if (!isHex && !/^[A-Za-z0-9+/_-]+=*$/.test(part)) throw notAKey(index, keys.length);
    if (bytes.length !== KEY_BYTES) throw notAKey(index, keys.length);
    return bytes;
  });
}

const notAKey = (index: number, count: number): TypeError =>
  new TypeError(
    `${count > 1 ? `key ${index + 1} ` : ''}must be ${KEY_BYTES} random bytes as base64 or hex: make one with "openssl rand -base64 32"`,
  );

/**
 * Encrypts what Redis must not hold in the clear: AES-256-GCM under a nonce of its own each time, bound to what it is, so that
 * one sealed thing can't be put in another's place.
 */
export class Seal {
  readonly #keys: readonly Key[];

  /** The first key seals, all of them open: put a new one in front and leave the old one until nothing is sealed with it. */
  constructor(keys: readonly Buffer[]) {
    this.#keys = keys.map((bytes) => ({
      id: createHash('sha256').update('orquesta key id').update(bytes).digest('hex').slice(0, 8),
      bytes,
    }));
  }

  /** `what` names the thing, like "deploy-key"; the same is needed to open it. Throws SealError when there is no key. */
  seal(what: string, plain: Uint8Array): string {
    const [key] = this.#keys;
    if (!key) throw new SealError(`${what} can't be kept: set ORQUESTA_ENCRYPTION_KEY.`);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key.bytes, nonce).setAAD(Buffer.from(what));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    const body = Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    return `${VERSION}.${key.id}.${body}`;
  }

  /** Throws SealError when the key is not there, or the text was made for something else or changed. */
  open(what: string, text: string): Buffer {
    const [version, id, body = ''] = text.split('.');
    if (version !== VERSION) throw new SealError(`${what} in Redis is not sealed as it should be.`);
    const key = this.#keys.find((one) => one.id === id);
    if (!key) {
      throw new SealError(
        `${what} in Redis was sealed with key ${id}, which is not in ORQUESTA_ENCRYPTION_KEY: add that key behind the present one.`,
      );
    }
    const bytes = Buffer.from(body, 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(what)).setAuthTag(tag);
      return Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ]);
    } catch (cause) {
      throw new SealError(`${what} in Redis was changed since it was sealed.`, { cause });
    }
  }

  /** Tells the key that seals now from others, and nothing of it; undefined where there is none. */
  get keyId(): string | undefined {
    return this.#keys[0]?.id;
  }

  /** It was sealed with another key than the one that seals now. */
  isOutdated(text: string): boolean {
    return keyIdOf(text) !== this.keyId;
  }
}

/** Which key sealed it, of which its first 16 characters are enough. */
export const keyIdOf = (sealed: string): string | undefined => sealed.split('.')[1];
