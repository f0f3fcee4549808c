import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import type { Client, ClientChannel } from 'ssh2';
import type { Clock } from '../clock.ts';
import { CappedText } from './capped-text.ts';
import type { RemoteFiles } from './remote-files.ts';
import { SftpFiles, startSftp } from './sftp-files.ts';
import { type CommandResult, type Session, ShellError } from './shell.ts';

const EXEC_TIMEOUT_MS = 60_000;
const GOODBYE_MS = 1_000;

/** One authenticated SSH connection, shared by all sessions to its target. Ends by itself after `idleMs` without a running command. */
export class Connection {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #hostKey: string;
  readonly #where: string;
  readonly #idleMs: number;
  readonly #broken = new AbortController();
  #running = 0;
  #idle = new AbortController();

  constructor(deps: {
    readonly client: Client;
    readonly clock: Clock;
    readonly hostKey: string;
    /** For messages. */
    readonly where: string;
    readonly idleMs: number;
    /** Called once, when no new command can be started. */
    readonly onEnd: () => void;
  }) {
    this.#client = deps.client;
    this.#clock = deps.clock;
    this.#hostKey = deps.hostKey;
    this.#where = deps.where;
    this.#idleMs = deps.idleMs;
    this.#broken.signal.addEventListener('abort', deps.onEnd, { once: true });
    // An error is always followed by a close, and unheard it would end the process.
    this.#client.on('error', () => this.#broken.abort());
    this.#client.on('end', () => this.#broken.abort());
    this.#client.on('close', () => this.#broken.abort());
    this.#startIdling();
  }

  session(): Session {
    const ended = new AbortController();
    return {
      hostKey: this.#hostKey,
      exec: (command, options) => this.#exec(command, { ...options, ended: ended.signal }),
      stream: (command, signal) => this.#stream(command, signal, ended.signal),
      files: (work, options) => this.#files(work, { ...options, ended: ended.signal }),
      close: () => ended.abort(),
    };
  }

  /** Says goodbye and waits for it a second at most. */
  async close(): Promise<void> {
    this.#idle.abort();
    const closed = new Promise<void>((resolve) => this.#client.once('close', resolve));
    const wasBroken = this.#broken.signal.aborted;
    this.#broken.abort();
    this.#client.end();
    if (!wasBroken) {
      const waited = new AbortController();
      await Promise.race([closed, this.#clock.sleep(GOODBYE_MS, waited.signal)]);
      waited.abort();
    }
    this.#client.destroy();
  }

  async #exec(
    command: string,
    options: Limits & { readonly stdin?: string | undefined },
  ): Promise<CommandResult> {
    const { stop, failed } = this.#limits(options);
    return this.#whileRunning(async () => {
      const running = await this.#start(command, stop, failed);
      const { channel } = running;
      const stdout = new CappedText();
      const stderr = new CappedText();
      channel.on('data', (chunk: Buffer) => stdout.add(chunk));
      channel.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
      channel.end(options.stdin ?? '');
      if (!running.isOver) await once(channel, ['close'], stop);
      channel.close();
      const { exitCode } = running;
      if (exitCode === undefined) throw failed();
      return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
    });
  }

  async *#stream(command: string, signal: AbortSignal, ended: AbortSignal): AsyncIterable<string> {
    const stop = AbortSignal.any([signal, ended, this.#broken.signal]);
    const failed = (cause?: unknown) =>
      ended.aborted
        ? this.#closed('was ended with its session', cause)
        : this.#closed('was cut off: the connection broke', cause);
    if (signal.aborted) return;
    this.#enter();
    let channel: ClientChannel | undefined;
    try {
      const running = await this.#start(command, stop, failed);
      channel = running.channel;
      // Its pieces share the window with those of standard output, and would fill it.
      channel.stderr.resume();
      channel.end();
      const decoder = new StringDecoder('utf8');
      while (true) {
        const chunk = channel.read() as Buffer | null;
        if (signal.aborted) return;
        if (chunk !== null) {
          const text = decoder.write(chunk);
          if (text !== '') yield text;
        } else if (running.isOver || stop.aborted) {
          break;
        } else {
          await once(channel, ['readable', 'close'], stop);
        }
      }
      const rest = decoder.end();
      if (rest !== '') yield rest;
      if (running.exitCode === undefined) throw failed();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      channel?.close();
      this.#leave();
    }
  }

  async #files<T>(work: (files: RemoteFiles) => Promise<T>, options: Limits): Promise<T> {
    const { stop, failed } = this.#limits(options);
    return this.#whileRunning(async () => {
      const sftp = await startSftp(this.#client, this.#where, stop, failed);
      const broken = new AbortController();
      sftp.on('error', () => broken.abort());
      sftp.on('close', () => broken.abort());
      try {
        return await work(new SftpFiles(sftp, AbortSignal.any([stop, broken.signal]), failed));
      } finally {
        sftp.end();
      }
    });
  }

  /** When work must end, and how that is told. */
  #limits({ signal, ended, timeoutMs = EXEC_TIMEOUT_MS }: Limits) {
    const deadline = AbortSignal.timeout(timeoutMs);
    const stop = AbortSignal.any([signal, ended, deadline, this.#broken.signal]);
    const failed = (cause?: unknown) => {
      if (signal.aborted) return this.#closed('was given up by its caller', cause);
      if (ended.aborted) return this.#closed('was ended with its session', cause);
      if (deadline.aborted) return this.#closed(`did not end within ${timeoutMs} ms`, cause);
      return this.#closed('was cut off: the connection broke', cause);
    };
    return { stop, failed };
  }

  /** A running command, or the error of `failed`. */
  async #start(
    command: string,
    stop: AbortSignal,
    failed: (cause?: unknown) => ShellError,
  ): Promise<Running> {
    if (stop.aborted) throw failed();
    return new Promise((resolve, reject) => {
      const onStop = () => reject(failed());
      stop.addEventListener('abort', onStop, { once: true });
      try {
        this.#client.exec(command, (error, channel) => {
          stop.removeEventListener('abort', onStop);
          if (error) {
            reject(failed(error));
            return;
          }
          const running = watch(channel);
          if (stop.aborted) channel.close();
          else resolve(running);
        });
      } catch (cause) {
        stop.removeEventListener('abort', onStop);
        reject(failed(cause));
      }
    });
  }

  #closed(what: string, cause: unknown): ShellError {
    return new ShellError('closed', `The command on ${this.#where} ${what}.`, { cause });
  }

  async #whileRunning<T>(work: () => Promise<T>): Promise<T> {
    this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(): void {
    this.#running++;
    this.#idle.abort();
  }

  #leave(): void {
    this.#running--;
    if (this.#running === 0 && !this.#broken.signal.aborted) this.#startIdling();
  }

  #startIdling(): void {
    const idle = new AbortController();
    this.#idle = idle;
    void this.#clock.sleep(this.#idleMs, idle.signal).then(() => {
      if (!idle.signal.aborted) void this.close();
    });
  }
}

interface Limits {
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
  /** Aborts with the session. */
  readonly ended: AbortSignal;
}

interface Running {
  readonly channel: ClientChannel;
  /** undefined: it has not told one, yet or ever. */
  readonly exitCode: number | undefined;
  /** Its channel is closed and read to the end. */
  readonly isOver: boolean;
}

/** A short command may have ended within the packet that said it began: what it tells must be heard from the first moment on. */
function watch(channel: ClientChannel): Running {
  const running: { channel: ClientChannel; exitCode: number | undefined; isOver: boolean } = {
    channel,
    exitCode: undefined,
    isOver: false,
  };
  channel.on('error', () => {});
  channel.on('exit', (code: number | null, signal?: string) => {
    running.exitCode = code ?? exitCodeOf(signal);
  });
  channel.on('close', () => {
    running.isOver = true;
  });
  return running;
}

/** Resolves at the first of the events, or when `signal` aborts. */
function once(channel: ClientChannel, events: readonly string[], signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const done = () => {
      for (const event of events) channel.off(event, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    for (const event of events) channel.on(event, done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

/** As a shell tells it: 128 and the signal's number. 255: a signal that this system does not know. */
function exitCodeOf(signal: string | undefined): number {
  const number = (constants.signals as Readonly<Record<string, number>>)[signal ?? ''];
  return number === undefined ? 255 : 128 + number;
}
