import { readFile, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { SecretSource } from '../resources/instance.ts';
import { SecretError, type Secrets } from './secrets.ts';

const MAX_BYTES = 32_768;

/** Secrets of the controller's own machine: its environment, and files of one folder. */
export class LocalSecrets implements Secrets {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #dir: string;
  readonly #isHidden: (name: string) => boolean;
  readonly #ownFiles: readonly string[];

  /**
   * `isHidden`: variables that are the program's own, which no object may get hold of. `dir`: no other files are read.
   * `ownFiles`: nor are these files and folders, wherever they lie.
   */
  constructor(deps: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly dir: string;
    readonly isHidden: (name: string) => boolean;
    readonly ownFiles: readonly string[];
  }) {
    this.#env = deps.env;
    this.#dir = deps.dir;
    this.#isHidden = deps.isHidden;
    this.#ownFiles = deps.ownFiles;
  }

  async read({ env, file }: SecretSource): Promise<string> {
    if (env !== undefined) return this.#variable(env);
    if (file !== undefined) return this.#file(file);
    throw new SecretError('It names neither an env nor a file');
  }

  #variable(name: string): string {
    if (this.#isHidden(name)) {
      throw new SecretError(
        `The variable ${name} is not for bots: give the secret another name, or add that one to ORQUESTA_SECRET_ENV`,
      );
    }
    const value = this.#env[name];
    if (value === undefined) {
      throw new SecretError(`The controller has no variable ${name}: set it and restart`);
    }
    return value;
  }

  /** A last line break is the editor's, not the secret's. */
  async #file(name: string): Promise<string> {
    const where = `below ${this.#dir} (ORQUESTA_SECRETS_DIR)`;
    let bytes: Buffer;
    try {
      const dir = await realpath(this.#dir);
      const path = await realpath(resolve(this.#dir, name));
      // A link may lead out of the folder.
      if (!path.startsWith(dir + sep)) {
        throw new SecretError(`The file ${name} is not ${where}: put it there`);
      }
      if (await this.#isOwn(path)) {
        throw new SecretError(`The file ${name} is not for bots: it is one of Orquesta's own`);
      }
      bytes = await readFile(path);
    } catch (error) {
      if (error instanceof SecretError) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      throw new SecretError(
        `The controller can't read the file ${name} (${code}): put it ${where}, readable for it`,
      );
    }
    const text = bytes.toString('utf8').replace(/\r?\n$/, '');
    if (
      bytes.length > MAX_BYTES ||
      text.includes('\0') ||
      !Buffer.from(text).equals(bytes.subarray(0, Buffer.byteLength(text)))
    ) {
      throw new SecretError(
        `The file ${name} can't be the value of a variable: it must be UTF-8 text of at most ${MAX_BYTES} bytes without NUL characters`,
      );
    }
    return text;
  }

  /** `path`: where all links have led. One that is not there is no one's. */
  async #isOwn(path: string): Promise<boolean> {
    for (const own of this.#ownFiles) {
      const real = await realpath(own).catch(() => undefined);
      if (real !== undefined && (path === real || path.startsWith(real + sep))) return true;
    }
    return false;
  }
}
