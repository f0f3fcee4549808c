import ssh2 from 'ssh2';
import type { Clock } from '../clock.ts';
import type { Dial } from '../dial.ts';
import type { Logger } from '../log.ts';
import { Connection } from './connection.ts';
import { type Credentials, expectedKey, logIn, nameOf } from './login.ts';
import { type Session, type Shell, ShellError, type ShellTarget } from './shell.ts';
import { connectTcp } from './tcp.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** From the open TCP connection to the end of the login. */
const READY_TIMEOUT_MS = 10_000;
const IDLE_MS = 60_000;

export interface Ssh2ShellDeps extends Credentials {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly log?: Pick<Logger, 'debug'> | undefined;
  readonly readyTimeoutMs?: number | undefined;
  readonly idleMs?: number | undefined;
}

/** A connection to one target, being made or made. */
interface Entry {
  readonly ready: Promise<Connection>;
  /** Ends the login when nobody waits for it any more. */
  readonly login: AbortController;
  isMade: boolean;
  waiting: number;
}

/** SSH by the ssh2 package. One connection per target serves all sessions to it, and one login all who wait for it. */
export class Ssh2Shell implements Shell {
  readonly #deps: Ssh2ShellDeps;
  readonly #entries = new Map<string, Entry>();
  #isClosed = false;

  /** Throws TypeError for a private key that cannot be used. */
  constructor(deps: Ssh2ShellDeps) {
    for (const privateKey of deps.privateKeys ?? []) {
      const parsed = ssh2.utils.parseKey(privateKey);
      const key = Array.isArray(parsed) ? parsed[0] : parsed;
      if (key === undefined || key instanceof Error || !key.isPrivateKey()) {
        throw new TypeError(
          'The SSH private key cannot be read: it must be a private key in PEM without a passphrase.',
        );
      }
    }
    this.#deps = deps;
  }

  /** Throws ShellError `closed` when `signal` aborts. */
  async knock(
    target: Pick<ShellTarget, 'host' | 'port'>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<'open' | 'refused' | 'unreachable'> {
    const address = this.#deps.dial(target.host, target.port);
    try {
      const where = `${target.host}:${target.port}`;
      const socket = await connectTcp(address, where, timeoutMs, signal);
      socket.on('error', () => {});
      socket.destroy();
      return 'open';
    } catch (error) {
      if (signal.aborted || !(error instanceof ShellError)) throw error;
      return error.kind === 'unreachable' ? 'unreachable' : 'refused';
    }
  }

  async open(target: ShellTarget, signal: AbortSignal): Promise<Session> {
    const givenUp = (by: string) =>
      new ShellError('closed', `The login to ${nameOf(target)} was given up by ${by}.`);
    if (this.#isClosed) throw givenUp('this process, which is ending');
    if (signal.aborted) throw givenUp('its caller');
    const entry = this.#entryFor(target);
    entry.waiting++;
    let onAbort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(givenUp('its caller'));
    });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return (await Promise.race([entry.ready, aborted])).session();
    } finally {
      signal.removeEventListener('abort', onAbort);
      entry.waiting--;
      if (entry.waiting === 0 && !entry.isMade) entry.login.abort();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const entries = [...this.#entries.values()];
    for (const entry of entries) entry.login.abort();
    await Promise.all(
      entries.map(async ({ ready }) => {
        const connection = await ready.catch(() => undefined);
        await connection?.close();
      }),
    );
  }

  #entryFor(target: ShellTarget): Entry {
    const key = JSON.stringify([target.host, target.port, target.user, target.hostKey]);
    const present = this.#entries.get(key);
    // A login that nobody waits for any more is on its way out.
    if (present && !present.login.signal.aborted) return present;
    const login = new AbortController();
    const forget = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    const ready = this.#connect(target, login.signal, forget);
    const entry: Entry = { ready, login, isMade: false, waiting: 0 };
    this.#entries.set(key, entry);
    ready.then(() => {
      entry.isMade = true;
    }, forget);
    return entry;
  }

  async #connect(target: ShellTarget, signal: AbortSignal, onEnd: () => void): Promise<Connection> {
    const { clock, dial, log } = this.#deps;
    const startedAt = clock.now();
    const where = nameOf(target);
    const expected = expectedKey(target);
    const socket = await connectTcp(
      dial(target.host, target.port),
      where,
      CONNECT_TIMEOUT_MS,
      signal,
    );
    const readyTimeoutMs = this.#deps.readyTimeoutMs ?? READY_TIMEOUT_MS;
    const credentials = this.#deps;
    const login = await logIn({
      socket,
      target,
      credentials,
      expected,
      readyTimeoutMs,
      signal,
    });
    log?.debug({ host: target.host, durationMs: clock.now() - startedAt }, 'logged in by SSH');
    const idleMs = this.#deps.idleMs ?? IDLE_MS;
    return new Connection({ ...login, clock, where, idleMs, onEnd });
  }
}
