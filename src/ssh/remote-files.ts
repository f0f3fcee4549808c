/**
 * Why a file could not be had, though the connection is well.
 * - `missing`: there is none. `refused`: the machine says no, or what is there is not what it should be.
 * - `too-large`: more than was allowed for. `unsupported`: the machine speaks no SFTP.
 */
export type FilesErrorKind = 'missing' | 'refused' | 'too-large' | 'unsupported';

export class FilesError extends Error {
  override readonly name = 'FilesError';
  readonly kind: FilesErrorKind;
  constructor(kind: FilesErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export interface FileInfo {
  /** Of the name itself: links are `other`, as devices, pipes and sockets are. */
  readonly kind: 'file' | 'folder' | 'other';
  /** Permission bits, without those that lend rights: 0 to 0o777. */
  readonly mode: number;
}

export interface ListedFile extends FileInfo {
  /** As the machine tells it: anything. */
  readonly name: string;
}

/** Bytes that may still be read, by all who read at a time. */
export interface Room {
  left: number;
}

/**
 * The files of a machine over SFTP, as the user sees them who logged in. What it tells is bounded here and trusted nowhere.
 * All throw FilesError, and ShellError `closed` when the connection breaks.
 */
export interface RemoteFiles {
  /** What is at `path`; undefined: nothing. */
  look(path: string): Promise<FileInfo | undefined>;
  /** All that is in a folder but "." and "..". Throws FilesError `too-large` when that is more than `limit`. */
  list(path: string, limit: number): Promise<readonly ListedFile[]>;
  /** Takes what it reads from `room`, as it comes. Throws FilesError `too-large` when there is more than is left. */
  read(path: string, room: Room): Promise<Buffer>;
  /** A new file with just this mode; refused where there is one. */
  write(path: string, content: Buffer, mode: number): Promise<void>;
  /** A new folder with just this mode; refused where there is one. */
  makeFolder(path: string, mode: number): Promise<void>;
  /** All at once; refused where there is something at `to`. */
  rename(from: string, to: string): Promise<void>;
}
