import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2, { type ServerChannel } from 'ssh2';
import type { Clock } from '../../src/clock.ts';
import type { Account } from '../../src/simulator/account.ts';
import { readUserData } from '../../src/simulator/cloud-config.ts';
import type { DropletRecord } from '../../src/simulator/records.ts';
import { type HostKey, newHostKey } from '../../src/ssh/host-key.ts';
import type { CommandResult } from '../../src/ssh/shell.ts';
import { DropletHosts } from '../twins/droplet-hosts.ts';
import type { MemoryHost } from '../twins/memory-shell.ts';

const LOOK_MS = 100;
/** Of the class that chaos runs use. */
const PANEL_PORT = 5432;

/** The servers of one droplet while it has power. */
interface Open {
  readonly dropletId: number;
  readonly bootId: string;
  readonly sockets: Set<Socket>;
  readonly servers: (Server | HttpServer)[];
}

/**
 * Droplets for hundreds at a time: each has an address of its own, a real SSH server with the host key that user_data gave
 * it, and a bot that answers HTTP; what the commands do is played by the twin of a droplet instead of a sandbox.
 */
export class LightMachines {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #sshPort: number;
  readonly #password: string;
  readonly #twins: DropletHosts;
  readonly #open = new Map<string, Open>();
  /** What a droplet made for itself in place of the key that user_data gave it: kept over reboots, as on a disk. */
  readonly #ownKeys = new Map<number, { readonly key: HostKey; isActive: boolean }>();
  readonly #sshSince = new Map<number, number>();
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: {
    readonly account: Account;
    readonly clock: Clock;
    readonly sshPort: number;
    readonly password: string;
    readonly bootstrapMs?: number | undefined;
  }) {
    this.#account = deps.account;
    this.#clock = deps.clock;
    this.#sshPort = deps.sshPort;
    this.#password = deps.password;
    const { account, clock, bootstrapMs } = deps;
    const options = bootstrapMs === undefined ? {} : { bootstrapMs };
    this.#twins = new DropletHosts({ account, clock, options });
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** When its SSH port first opened; ms since the epoch. undefined: it has not yet. */
  sshSince(dropletId: number): number | undefined {
    return this.#sshSince.get(dropletId);
  }

  /** The environment that the bot runs with; undefined while it is not prepared. */
  botEnv(dropletId: number): string | undefined {
    return this.#twins.machines.get(dropletId)?.env;
  }

  sicken(dropletId: number, sickness: 'needs-restart' | 'needs-reboot'): void {
    this.#twins.sicken(dropletId, sickness);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    for (const address of [...this.#open.keys()]) this.#shut(address);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#account.settle();
      this.#twins.sync();
      await this.#sync();
      await this.#clock.sleep(LOOK_MS, this.#stopping.signal);
    }
  }

  async #sync(): Promise<void> {
    const at = new Map(
      this.#account
        .living()
        .filter((droplet) => droplet.powered && droplet.address !== undefined)
        .map((droplet) => [droplet.address as string, droplet]),
    );
    for (const [address, { dropletId, bootId }] of this.#open) {
      const isSame = at.get(address)?.id === dropletId;
      if (!isSame || this.#twins.hosts.get(address)?.bootId !== bootId) this.#shut(address);
    }
    for (const [address, droplet] of at) {
      const host = this.#twins.hosts.get(address);
      if (host?.net === 'up' && !this.#open.has(address)) await this.#serve(address, droplet, host);
    }
  }

  async #serve(address: string, droplet: DropletRecord, host: MemoryHost): Promise<void> {
    const open: Open = {
      dropletId: droplet.id,
      bootId: host.bootId,
      sockets: new Set(),
      servers: [],
    };
    this.#open.set(address, open);
    const keep = (socket: Socket) => {
      open.sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => open.sockets.delete(socket));
    };
    let sshd = this.#sshServer(droplet, host);
    let isOwn = this.#ownKeys.get(droplet.id)?.isActive ?? false;
    const ssh = createServer((socket) => {
      keep(socket);
      const isOwnNow = this.#ownKeys.get(droplet.id)?.isActive ?? false;
      if (isOwnNow !== isOwn) sshd = this.#sshServer(droplet, host);
      isOwn = isOwnNow;
      sshd.injectSocket(socket);
    });
    const bot = createHttpServer((_, response) => {
      if (!this.#twins.answers(droplet.id)) response.socket?.destroy();
      else response.setHeader('content-type', 'application/json').end('{"status":"show_qr"}');
    });
    bot.on('connection', keep);
    await this.#listen(open, ssh, address, this.#sshPort);
    if (!this.#sshSince.has(droplet.id)) this.#sshSince.set(droplet.id, this.#clock.now());
    await this.#listen(open, bot, address, PANEL_PORT);
  }

  async #listen(open: Open, server: Server | HttpServer, host: string, port: number) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
    open.servers.push(server);
  }

  #shut(address: string): void {
    const open = this.#open.get(address);
    this.#open.delete(address);
    for (const server of open?.servers ?? []) server.close();
    for (const socket of open?.sockets ?? []) socket.destroy();
  }

  #sshServer(droplet: DropletRecord, host: MemoryHost): ssh2.Server {
    const own = this.#ownKeys.get(droplet.id);
    const hostKey = own?.isActive ? own.key.privateKey : readUserData(droplet.userData).hostKey;
    if (hostKey === undefined) throw new Error(`Droplet ${droplet.id} was given no host key.`);
    return new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on('error', () => {});
      client.on('authentication', (attempt) => {
        if (attempt.method === 'password' && attempt.password === this.#password) attempt.accept();
        else attempt.reject(['password']);
      });
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, { command }) => {
          const channel = acceptExec();
          channel.on('error', () => {});
          void this.#answer(droplet.id, host, command, channel).catch(() => channel.close());
        });
      });
    });
  }

  async #answer(
    dropletId: number,
    host: MemoryHost,
    command: string,
    channel: ServerChannel,
  ): Promise<void> {
    const over = new AbortController();
    channel.once('close', () => over.abort());
    if (command.startsWith('cd ') && host.follow) {
      channel.resume();
      for await (const text of host.follow(command, over.signal)) channel.write(text);
      channel.exit(0);
      channel.end();
      return;
    }
    let stdin = '';
    // Not by iteration: that destroys the channel at its end, and with it the way back.
    channel.on('data', (piece: Buffer) => {
      stdin += piece;
    });
    await new Promise<void>((resolve) => {
      channel.once('end', resolve);
      channel.once('close', resolve);
    });
    const { exitCode, stdout, stderr } =
      this.#rotate(dropletId, command) ?? (await host.run(command, stdin, over.signal));
    channel.stderr.write(stderr);
    channel.write(stdout);
    channel.exit(exitCode);
    channel.end();
  }

  /** The commands of a host key's rotation, whose key is presented for real. */
  #rotate(dropletId: number, command: string): CommandResult | undefined {
    const own = this.#ownKeys.get(dropletId) ?? { key: newHostKey(), isActive: false };
    if (command.startsWith('verb=stage\n')) {
      this.#ownKeys.set(dropletId, own);
      return { exitCode: 0, stdout: `${own.key.publicKey}\n`, stderr: '' };
    }
    if (!command.startsWith('verb=activate\n')) return undefined;
    own.isActive = true;
    return { exitCode: 0, stdout: '', stderr: '' };
  }
}
