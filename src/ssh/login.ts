import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import ssh2, {
  type AnyAuthMethod,
  type AuthHandlerMiddleware,
  type Client,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import { machineWords } from '../resources/machine-words.ts';
import { fingerprint, publicKeyLine, readPublicKey } from './host-key.ts';
import { ShellError, type ShellTarget } from './shell.ts';

export interface Credentials {
  readonly password?: string | undefined;
  /** PEM of private keys without a passphrase; tried in this order, before the password. */
  readonly privateKeys?: readonly string[] | undefined;
}

export interface Login {
  readonly client: Client;
  /** What the machine presented: "ssh-ed25519 AAAA…". */
  readonly hostKey: string;
}

const KEEPALIVE_MS = 5_000;
const KEEPALIVES_MISSED = 3;

/** Logs in over an open TCP connection, which it takes over. No credential leaves before the host key is verified. Throws ShellError. */
export async function logIn(deps: {
  readonly socket: Socket;
  readonly target: ShellTarget;
  readonly credentials: Credentials;
  /** undefined: trust on first use. */
  readonly expected: ExpectedKey | undefined;
  readonly readyTimeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<Login> {
  const { socket, target, credentials, expected, signal } = deps;
  const where = nameOf(target);
  const client = new ssh2.Client();
  let presented: Buffer | undefined;
  let mismatch: ShellError | undefined;

  return new Promise((resolve, reject) => {
    const fail = (error: ShellError) => {
      settle();
      // ssh2 may emit further errors while it goes down; unheard they would end the process.
      client.on('error', () => {});
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const settle = () => {
      signal.removeEventListener('abort', onAbort);
      client
        .off('ready', onReady)
        .off('error', onError)
        .off('close', onClose)
        .off('change password', onChangePassword);
    };
    const onReady = () => {
      settle();
      resolve({ client, hostKey: presented === undefined ? '' : publicKeyLine(presented) });
    };
    const onError = (error: Error) => fail(mismatch ?? loginError(error, where, expected));
    const onClose = () =>
      fail(
        mismatch ?? new ShellError('closed', `${where} closed the connection during the login.`),
      );
    // sshd wants a new password before it lets anyone in; unanswered, it would wait for ever.
    const onChangePassword = () =>
      fail(
        new ShellError(
          'authentication',
          `${where} wants its password changed before it takes commands; log in by SSH key or set the password anew.`,
        ),
      );
    const onAbort = () =>
      fail(new ShellError('closed', `The login to ${where} was given up by its caller.`));
    client
      .on('ready', onReady)
      .on('error', onError)
      .on('close', onClose)
      .on('change password', onChangePassword);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
    }
    client.connect({
      sock: socket,
      username: target.user,
      readyTimeout: deps.readyTimeoutMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVES_MISSED,
      authHandler: inTurn(methods(target.user, credentials)),
      ...(expected ? { algorithms: { serverHostKey: algorithmsOf(expected.type) } } : {}),
      hostVerifier: (key: Buffer) => {
        // A re-exchange of keys on a running session must not bring another machine either.
        const known = expected?.blob ?? presented;
        presented ??= key;
        if (known === undefined || sameBytes(known, key)) return true;
        mismatch = new ShellError(
          'host-key',
          `${where} presents the host key ${fingerprint(key)}, but ${fingerprint(known)} is expected: it is another machine, or someone is in between. No credential was sent to it.`,
        );
        return false;
      },
    });
  });
}

/** "root@203.0.113.5:22", for messages. */
export const nameOf = (target: ShellTarget): string =>
  `${target.user}@${target.host}:${target.port}`;

export interface ExpectedKey {
  readonly blob: Buffer;
  readonly type: string;
}

/** The one host key that a target may present. Throws ShellError `host-key` when what is recorded is none. */
export function expectedKey(target: ShellTarget): ExpectedKey | undefined {
  if (target.hostKey === undefined) return undefined;
  const where = nameOf(target);
  try {
    const key = readPublicKey(target.hostKey);
    if (KEY_TYPES.has(key.type)) return key;
  } catch (cause) {
    throw new ShellError('host-key', `The host key recorded for ${where} cannot be read.`, {
      cause,
    });
  }
  throw new ShellError(
    'host-key',
    `The host key recorded for ${where} is of no type that can be verified.`,
  );
}

const KEY_TYPES = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
]);

/** A key of another type than the known one could only be refused: ask for this type alone. An RSA key signs in several ways. */
const algorithmsOf = (type: string): ServerHostKeyAlgorithm[] =>
  (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]) as ServerHostKeyAlgorithm[];

const sameBytes = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

/** The keys first, then the password. */
function methods(username: string, { privateKeys = [], password }: Credentials): AnyAuthMethod[] {
  const all: AnyAuthMethod[] = [];
  for (const key of privateKeys) all.push({ type: 'publickey', username, key });
  if (password !== undefined) {
    all.push({ type: 'password', username, password });
    all.push({
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, answer) => {
        // Only a single question with hidden input is one for a password.
        const isForPassword = prompts.length === 1 && prompts[0]?.echo !== true;
        answer(isForPassword ? [password] : prompts.map(() => ''));
      },
    });
  }
  return all;
}

/** Some sshd take a password only as the answer to a question; one that takes it outright is not asked twice. */
function inTurn(all: AnyAuthMethod[]): AuthHandlerMiddleware {
  const rest = [...all];
  return (methodsLeft, _partialSuccess, next) => {
    let method = rest.shift();
    // The list is null before the first answer of the server.
    if (method?.type === 'keyboard-interactive' && methodsLeft?.includes('password')) {
      method = rest.shift();
    }
    // ssh2 ends the login at `false`, which its types do not name.
    next(method ?? (false as never));
  };
}

function loginError(
  error: Error & { level?: string; code?: unknown },
  where: string,
  expected: ExpectedKey | undefined,
): ShellError {
  const cause = sayOnly(error);
  if (
    error.level === 'client-authentication' ||
    /too many authentication failures/i.test(error.message)
  ) {
    return new ShellError(
      'authentication',
      `${where} took none of the credentials; check DIGITALOCEAN_SSH_PASSWORD and SSH_PRIVATE_KEY_FILE, and what its sshd allows.`,
      { cause },
    );
  }
  if (error.level === 'client-timeout') {
    return new ShellError(
      'unreachable',
      `${where} answers TCP, but did not finish the SSH handshake in time.`,
      { cause },
    );
  }
  if (expected && /no matching (server )?host key/i.test(error.message)) {
    return new ShellError(
      'host-key',
      `${where} presents no ${expected.type} host key, but ${fingerprint(expected.blob)} is expected: it is another machine. No credential was sent to it.`,
      { cause },
    );
  }
  return new ShellError('closed', `The connection to ${where} broke during the login.`, { cause });
}

/** ssh2's errors may hold the options they were made of. */
const sayOnly = (error: unknown): Error =>
  new Error(error instanceof Error ? machineWords(error.message, 300) : 'unknown error');
