import { createServer, type Server } from 'node:net';
import type { Random } from '../clock.ts';

/** Any free one will do; it shows that a block is taken. */
const LOCK_PORT = 41_022;

/**
 * A network 127.N.0.0/16 that no other simulator on this machine uses, held by a listener on its last address
 * until `release`. Throws when the system has no 127/8 beyond 127.0.0.1 (macOS), or `sshPort` can't be had there.
 */
export async function takeLoopbackBlock(
  random: Random,
  sshPort: number,
): Promise<{ readonly network: string; release(): Promise<void> }> {
  const start = Math.floor(random() * 240);
  for (let tried = 0; tried < 240; tried += 1) {
    const network = `127.${10 + ((start + tried) % 240)}`;
    const lock = await listen(`${network}.255.254`, LOCK_PORT);
    if (!('server' in lock)) {
      if (lock.code === 'EADDRINUSE') continue;
      throw new Error(
        `This machine has no address ${network}.255.254 (${lock.code}); start the simulator with --addressing ports.`,
      );
    }
    const probe = await listen(`${network}.255.254`, sshPort);
    if (!('server' in probe)) {
      await close(lock.server);
      throw new Error(
        `Port ${sshPort} cannot be used for the droplets' SSH servers (${probe.code}); choose another one by --ssh-port, such as 2222.`,
      );
    }
    await close(probe.server);
    return { network: `${network}.0.0`, release: () => close(lock.server) };
  }
  throw new Error('All networks 127.N.0.0 are taken by other simulators on this machine.');
}

function listen(host: string, port: number): Promise<{ server: Server } | { code: string }> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code ?? 'error' }),
    );
    server.listen(port, host, () => resolve({ server }));
  });
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));
