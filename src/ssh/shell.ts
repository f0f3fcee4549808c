import type { RemoteFiles } from './remote-files.ts';

/**
 * Why a login or a command failed.
 * - `unreachable`: no route or no answer in time. `refused`: the port is closed: the machine is up, sshd is not.
 * - `closed`: the connection broke. All three may pass by themselves.
 * - `authentication`: sshd took none of our credentials (in a machine's first moments that may pass too).
 * - `host-key`: another key than the known one. Never passes by itself, never retry as if it were the network.
 */
export type ShellErrorKind = 'unreachable' | 'refused' | 'closed' | 'authentication' | 'host-key';

export class ShellError extends Error {
  override readonly name = 'ShellError';
  readonly kind: ShellErrorKind;
  constructor(kind: ShellErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export interface ShellTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** "ssh-ed25519 AAAA…" as in known_hosts: any other is refused. undefined: trust on first use. */
  readonly hostKey: string | undefined;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An authenticated SSH session. */
export interface Session {
  /** The host key that the machine presented: "ssh-ed25519 AAAA…". */
  readonly hostKey: string;
  /** Runs a command line in the user's shell. `stdin` is sent and closed. Output is kept up to 1 MiB each. Throws ShellError `closed`, also after `timeoutMs` (default 60 s). */
  exec(
    command: string,
    options: {
      readonly stdin?: string | undefined;
      readonly timeoutMs?: number | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<CommandResult>;
  /** Runs a command and hands out its standard output as it comes, in pieces of whole UTF-8 characters. Ends with the command, with `signal`, or when the consumer stops. Throws ShellError `closed`. */
  stream(command: string, signal: AbortSignal): AsyncIterable<string>;
  /** Lends the machine's files for the time of `work`, `timeoutMs` at most (default 60 s). Throws ShellError `closed`, FilesError, and what `work` throws. */
  files<T>(
    work: (files: RemoteFiles) => Promise<T>,
    options: { readonly timeoutMs?: number | undefined; readonly signal: AbortSignal },
  ): Promise<T>;
  close(): void;
}

export interface Shell {
  /** Does the port answer TCP? One try. */
  knock(
    target: Pick<ShellTarget, 'host' | 'port'>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<'open' | 'refused' | 'unreachable'>;
  /** A session, new or one that is still open to the same target from before. Throws ShellError. */
  open(target: ShellTarget, signal: AbortSignal): Promise<Session>;
  close(): Promise<void>;
}
