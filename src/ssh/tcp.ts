import { connect, type Socket } from 'node:net';
import { ShellError, type ShellErrorKind } from './shell.ts';

/** Opens a TCP connection, or throws ShellError `refused`, `unreachable` or (by `signal`) `closed`. `where` is for messages: what was dialled may be another address. */
export async function connectTcp(
  address: { readonly host: string; readonly port: number },
  where: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  if (signal.aborted) throw givenUp(where);
  const socket = connect({ ...address, noDelay: true });
  return new Promise((resolve, reject) => {
    const settle = (error?: ShellError) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect).off('error', onError);
      if (error === undefined) {
        resolve(socket);
        return;
      }
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onConnect = () => settle();
    const onError = (cause: NodeJS.ErrnoException) => settle(connectError(where, cause));
    const onAbort = () => settle(givenUp(where));
    const timer = setTimeout(() => {
      settle(new ShellError('unreachable', `${where} did not answer TCP within ${timeoutMs} ms.`));
    }, timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', onConnect).once('error', onError);
  });
}

const givenUp = (where: string) =>
  new ShellError('closed', `The connection to ${where} was given up by its caller.`);

function connectError(where: string, cause: NodeJS.ErrnoException): ShellError {
  const [kind, what] = storyOf(cause.code);
  return new ShellError(kind, `${where} ${what}.`, { cause });
}

function storyOf(code: string | undefined): readonly [ShellErrorKind, string] {
  if (code === 'ECONNREFUSED') return ['refused', 'refused the connection: nothing listens there'];
  if (code === 'ECONNRESET') return ['closed', 'closed the connection at once'];
  return ['unreachable', `cannot be reached (${code ?? 'unknown error'})`];
}
