import type { Client, SFTPWrapper } from 'ssh2';
import { machineWords } from '../resources/machine-words.ts';
import {
  type FileInfo,
  FilesError,
  type ListedFile,
  type RemoteFiles,
  type Room,
} from './remote-files.ts';
import type { ShellError } from './shell.ts';

const CHUNK_BYTES = 32 * 1024;

/** Status codes of SFTP version 3. */
const END_OF_FILE = 1;
const NO_SUCH_FILE = 2;

type Reply<T> = (error: Error | null | undefined, value: T) => void;

/** A channel for SFTP. Throws what `failed` makes when `stop` aborts or the connection breaks, and FilesError `unsupported`. */
export function startSftp(
  client: Client,
  where: string,
  stop: AbortSignal,
  failed: (cause?: unknown) => ShellError,
): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    const onStop = () => reject(failed());
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop, { once: true });
    try {
      client.sftp((error, sftp) => {
        // A connection that breaks tells its channels first.
        setImmediate(() => {
          stop.removeEventListener('abort', onStop);
          if (stop.aborted) {
            reject(failed(error));
            sftp?.end();
          } else if (error) {
            const why = `${where} offers no SFTP: ${machineWords(error.message, 200)}`;
            reject(new FilesError('unsupported', why));
          } else resolve(sftp);
        });
      });
    } catch (cause) {
      stop.removeEventListener('abort', onStop);
      reject(failed(cause));
    }
  });
}

/** RemoteFiles over one SFTP channel. `stop` ends every call with what `failed` makes. */
export class SftpFiles implements RemoteFiles {
  readonly #sftp: SFTPWrapper;
  readonly #stop: AbortSignal;
  readonly #failed: (cause?: unknown) => ShellError;

  constructor(sftp: SFTPWrapper, stop: AbortSignal, failed: (cause?: unknown) => ShellError) {
    this.#sftp = sftp;
    this.#stop = stop;
    this.#failed = failed;
  }

  async look(path: string): Promise<FileInfo | undefined> {
    try {
      const { mode } = await this.#ask<Attributes>(path, (reply) => this.#sftp.lstat(path, reply));
      return infoOf(mode);
    } catch (error) {
      if (error instanceof FilesError && error.kind === 'missing') return undefined;
      throw error;
    }
  }

  async list(path: string, limit: number): Promise<readonly ListedFile[]> {
    const listed: ListedFile[] = [];
    const handle = await this.#ask<Buffer>(path, (reply) => this.#sftp.opendir(path, reply));
    try {
      for (;;) {
        const batch = await this.#untilEnd<readonly Named[]>(path, (reply) =>
          this.#sftp.readdir(handle, reply),
        );
        if (batch === undefined) return listed;
        for (const { filename, attrs } of batch) {
          if (filename === '.' || filename === '..') continue;
          listed.push({ name: filename, ...infoOf(attrs.mode) });
        }
        if (listed.length > limit) throw tooMuch(`${path} holds more than ${limit} files`);
      }
    } finally {
      this.#close(handle);
    }
  }

  async read(path: string, room: Room): Promise<Buffer> {
    const handle = await this.#ask<Buffer>(path, (reply) => this.#sftp.open(path, 'r', reply));
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    try {
      for (;;) {
        const chunk = await this.#untilEnd<Buffer>(path, (reply) =>
          this.#sftp.read(
            handle,
            Buffer.alloc(CHUNK_BYTES),
            0,
            CHUNK_BYTES,
            sizeBytes,
            (error, length, buffer) => reply(error, buffer?.subarray(0, length)),
          ),
        );
        if (chunk === undefined || chunk.length === 0) return Buffer.concat(chunks);
        sizeBytes += chunk.length;
        room.left -= chunk.length;
        if (room.left < 0) throw tooMuch(`There is no room for ${path}`);
        chunks.push(chunk);
      }
    } finally {
      this.#close(handle);
    }
  }

  async write(path: string, content: Buffer, mode: number): Promise<void> {
    const handle = await this.#ask<Buffer>(path, (reply) =>
      this.#sftp.open(path, 'wx', mode, reply),
    );
    try {
      if (content.length > 0) {
        await this.#ask<unknown>(path, (reply) =>
          this.#sftp.write(handle, content, 0, content.length, 0, (error) =>
            reply(error, undefined),
          ),
        );
      }
      // The machine's umask has had its say.
      await this.#ask<unknown>(path, (reply) =>
        this.#sftp.fchmod(handle, mode, (error) => reply(error, undefined)),
      );
    } finally {
      this.#close(handle);
    }
  }

  async makeFolder(path: string, mode: number): Promise<void> {
    await this.#ask<unknown>(path, (reply) =>
      this.#sftp.mkdir(path, { mode }, (error) => reply(error, undefined)),
    );
    await this.#ask<unknown>(path, (reply) =>
      this.#sftp.chmod(path, mode, (error) => reply(error, undefined)),
    );
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask<unknown>(from, (reply) =>
      this.#sftp.rename(from, to, (error) => reply(error, undefined)),
    );
  }

  /** Nobody waits for it: what it would tell changes nothing. */
  #close(handle: Buffer): void {
    if (this.#stop.aborted) return;
    try {
      this.#sftp.close(handle, () => {});
    } catch {
      // The channel is gone, and its handles with it.
    }
  }

  async #untilEnd<T>(path: string, send: (reply: Reply<T>) => unknown): Promise<T | undefined> {
    return this.#ask<T | undefined>(path, (reply) =>
      send((error, value) =>
        codeOf(error) === END_OF_FILE ? reply(null, undefined) : reply(error, value),
      ),
    );
  }

  #ask<T>(path: string, send: (reply: Reply<T>) => unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stopped = () => reject(this.#failed());
      if (this.#stop.aborted) {
        stopped();
        return;
      }
      this.#stop.addEventListener('abort', stopped, { once: true });
      const done = (end: () => void) => {
        this.#stop.removeEventListener('abort', stopped);
        end();
      };
      try {
        send((error, value) =>
          done(() => (error ? reject(this.#errorOf(path, error)) : resolve(value))),
        );
      } catch (error) {
        done(() => reject(this.#failed(error)));
      }
    });
  }

  #errorOf(path: string, error: Error): Error {
    const code = codeOf(error);
    // An error without a status is the channel's own.
    if (code === undefined) return this.#failed(error);
    if (code === NO_SUCH_FILE) return new FilesError('missing', `There is no ${path}`);
    return new FilesError(
      'refused',
      `The machine refused ${path}: ${machineWords(error.message, 200)}`,
    );
  }
}

interface Attributes {
  readonly mode?: number | undefined;
}

interface Named {
  readonly filename: string;
  readonly attrs: Attributes;
}

const codeOf = (error: unknown): number | undefined => {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'number' ? code : undefined;
};

const tooMuch = (what: string) => new FilesError('too-large', what);

function infoOf(mode = 0): FileInfo {
  const type = mode & 0o170_000;
  const kind = type === 0o100_000 ? 'file' : type === 0o040_000 ? 'folder' : 'other';
  return { kind, mode: mode & 0o777 };
}
