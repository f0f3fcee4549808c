import type { SecretSource } from '../resources/instance.ts';

/** A secret that an object names can't be had; the message says which one and what to do, and nothing of any value. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** Values that objects name and never hold. */
export interface Secrets {
  /** The value, read anew each time. Throws SecretError. */
  read(source: SecretSource): Promise<string>;
}
