import type { Clock } from '../../src/clock.ts';
import { FilesError, type RemoteFiles } from '../../src/ssh/remote-files.ts';
import {
  type CommandResult,
  type Session,
  type Shell,
  ShellError,
  type ShellErrorKind,
  type ShellTarget,
} from '../../src/ssh/shell.ts';

/** A machine as SSH sees it. A test changes it while it is in use. */
export interface MemoryHost {
  /** `refused`: up, without sshd. */
  net: 'up' | 'refused' | 'unreachable';
  /** What it presents: "ssh-ed25519 AAAA…". */
  hostKey: string;
  /** Whether sshd takes the credentials. */
  takesLogin: boolean;
  /** Another value breaks every connection made before, as a reboot does. */
  bootId: string;
  run(command: string, stdin: string, signal: AbortSignal): Promise<CommandResult>;
  /** Standard output of a command that is followed. */
  follow?: ((command: string, signal: AbortSignal) => AsyncIterable<string>) | undefined;
  /** What it serves over SFTP; left out: it speaks none. */
  files?: RemoteFiles | undefined;
}

const MAX_OUTPUT = 1024 * 1024;
const EXEC_TIMEOUT_MS = 60_000;
/** How often a waiting command looks whether its machine still stands, unless told otherwise. */
const LOOK_MS = 50;

interface Login {
  readonly bootId: string;
  readonly hostKey: string;
}

/** Shell over machines in memory, for simulation with a clock of its own. */
export class MemoryShell implements Shell {
  /** Logins so far. */
  logins = 0;
  readonly #hosts: ReadonlyMap<string, MemoryHost>;
  readonly #clock: Clock;
  readonly #logins = new Map<string, Login>();
  readonly #closing = new AbortController();
  readonly #lookMs: number;

  /** `hosts` by address; an address that is not among them is unreachable. */
  constructor(deps: {
    readonly hosts: ReadonlyMap<string, MemoryHost>;
    readonly clock: Clock;
    readonly lookMs?: number | undefined;
  }) {
    this.#lookMs = deps.lookMs ?? LOOK_MS;
    this.#hosts = deps.hosts;
    this.#clock = deps.clock;
  }

  async knock(
    target: Pick<ShellTarget, 'host' | 'port'>,
    _timeoutMs: number,
    signal: AbortSignal,
  ): Promise<'open' | 'refused' | 'unreachable'> {
    if (signal.aborted) throw new ShellError('closed', 'The knock was given up by its caller.');
    const net = this.#hosts.get(target.host)?.net ?? 'unreachable';
    return net === 'up' ? 'open' : net;
  }

  async open(target: ShellTarget, signal: AbortSignal): Promise<Session> {
    const fail = (kind: ShellErrorKind, what: string): never => {
      throw new ShellError(kind, `${target.user}@${target.host}:${target.port} ${what}.`);
    };
    if (signal.aborted || this.#closing.signal.aborted) return fail('closed', 'was given up');
    const key = JSON.stringify([target.host, target.port, target.user, target.hostKey]);
    const kept = this.#logins.get(key);
    if (kept && this.#stands(target.host, kept)) return this.#session(target, kept);
    const host = this.#hosts.get(target.host);
    if (!host || host.net === 'unreachable') return fail('unreachable', 'cannot be reached');
    if (host.net === 'refused') return fail('refused', 'refused the connection');
    if (target.hostKey !== undefined && target.hostKey !== host.hostKey) {
      return fail('host-key', `presents ${host.hostKey}, but ${target.hostKey} is expected`);
    }
    if (!host.takesLogin) return fail('authentication', 'took none of the credentials');
    const login = { bootId: host.bootId, hostKey: host.hostKey };
    this.logins++;
    this.#logins.set(key, login);
    return this.#session(target, login);
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  #stands(address: string, login: Login): boolean {
    const host = this.#hosts.get(address);
    return host?.net === 'up' && host.bootId === login.bootId && !this.#closing.signal.aborted;
  }

  #session({ host: address }: ShellTarget, login: Login): Session {
    const ended = new AbortController();
    const closed = () => new ShellError('closed', `The command on ${address} was cut off.`);
    const hostNow = (): MemoryHost => {
      const host = this.#hosts.get(address);
      if (!host || ended.signal.aborted || !this.#stands(address, login)) throw closed();
      return host;
    };
    /** Resolves when the command must not go on. */
    const interrupted = async (timeoutMs: number, signal: AbortSignal): Promise<void> => {
      const deadline = this.#clock.now() + timeoutMs;
      while (!signal.aborted && !ended.signal.aborted && this.#stands(address, login)) {
        const left = deadline - this.#clock.now();
        if (left <= 0) return;
        await this.#clock.sleep(Math.min(this.#lookMs, left), signal);
      }
    };
    const within = async <T>(
      timeoutMs: number,
      signal: AbortSignal,
      work: (both: AbortSignal) => Promise<T>,
    ): Promise<T> => {
      const over = new AbortController();
      const both = AbortSignal.any([signal, over.signal]);
      const cut = interrupted(timeoutMs, both).then((): never => {
        throw closed();
      });
      try {
        return await Promise.race([work(both), cut]);
      } finally {
        over.abort();
        cut.catch(() => {});
      }
    };
    return {
      hostKey: login.hostKey,
      exec: async (command, { stdin = '', timeoutMs = EXEC_TIMEOUT_MS, signal }) => {
        const host = hostNow();
        if (signal.aborted) throw closed();
        const result = await within(timeoutMs, signal, (both) => host.run(command, stdin, both));
        return {
          ...result,
          stdout: result.stdout.slice(0, MAX_OUTPUT),
          stderr: result.stderr.slice(0, MAX_OUTPUT),
        };
      },
      files: async (work, { timeoutMs = EXEC_TIMEOUT_MS, signal }) => {
        const host = hostNow();
        if (signal.aborted) throw closed();
        const { files } = host;
        if (!files) throw new FilesError('unsupported', `${address} offers no SFTP`);
        return within(timeoutMs, signal, (both) =>
          work(whileItStands(files, () => both.aborted || hostNow() !== host, closed)),
        );
      },
      stream: (command, signal) => this.#stream({ command, signal, hostNow, interrupted, closed }),
      close: () => ended.abort(),
    };
  }

  async *#stream(deps: {
    readonly command: string;
    readonly signal: AbortSignal;
    readonly hostNow: () => MemoryHost;
    readonly interrupted: (timeoutMs: number, signal: AbortSignal) => Promise<void>;
    readonly closed: () => ShellError;
  }): AsyncIterable<string> {
    const { signal } = deps;
    if (signal.aborted) return;
    const host = deps.hostNow();
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const pieces = (host.follow?.(deps.command, both) ?? once(host, deps.command, both))[
      Symbol.asyncIterator
    ]();
    const cut = deps.interrupted(Number.POSITIVE_INFINITY, both).then(() => undefined);
    try {
      while (true) {
        const next = await Promise.race([pieces.next(), cut]);
        if (signal.aborted) return;
        if (next === undefined) throw deps.closed();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      over.abort();
    }
  }
}

async function* once(host: MemoryHost, command: string, signal: AbortSignal) {
  yield (await host.run(command, '', signal)).stdout;
}

/** Each call fails once the connection is gone. */
const whileItStands = (
  files: RemoteFiles,
  isOver: () => boolean,
  closed: () => ShellError,
): RemoteFiles =>
  new Proxy(files, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        if (isOver()) throw closed();
        return method.apply(target, args);
      };
    },
  });
