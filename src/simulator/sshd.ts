import { createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { AgentLink } from './agent-link.ts';
import { serveSftp } from './sftp.ts';

/** What an SSH server asks its machine. */
export interface SshMachine {
  hostKey(): string;
  passwordFits(user: string, password: string): boolean;
  /** Lines of authorized_keys. */
  authorizedKeys(user: string): readonly string[];
  home(user: string): string;
  /** undefined: no power. */
  agent(): AgentLink | undefined;
}

export type SshMode = 'open' | 'refuse' | 'hang';

/** The SSH server of one droplet: real sshd's behaviour as far as a program sees it. No forwarding. */
export class Sshd {
  readonly #machine: SshMachine;
  #listener: NetServer | undefined;
  #server: ssh2.Server | undefined;
  readonly #sockets = new Set<Socket>();
  #mode: SshMode = 'open';

  constructor(machine: SshMachine) {
    this.#machine = machine;
  }

  /** Opens the port, with the host key that the machine has now. Rejects when the address is taken. */
  async start(
    mode: SshMode,
    address: { readonly host: string; readonly port: number },
  ): Promise<void> {
    this.#mode = mode;
    if (mode === 'refuse') return;
    this.#server = this.#makeServer();
    const listener = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
      if (this.#mode === 'open') this.#server?.injectSocket(socket);
    });
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(address.port, address.host, resolve);
    });
    this.#listener = listener;
  }

  /** Closes the port; open sessions live on, as when sshd is restarted. */
  async stopListening(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener === undefined) return;
    // The callback of close waits for the sessions too; the port is free before it returns.
    listener.close();
  }

  /** Closes the port and breaks all connections. */
  async stop(): Promise<void> {
    await this.stopListening();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #makeServer(): ssh2.Server {
    return new ssh2.Server({ hostKeys: [this.#machine.hostKey()] }, (client) => {
      // A connection that breaks is everyday life of a server.
      client.on('error', () => {});
      let user = 'root';
      client.on('authentication', (context) => {
        user = context.username;
        if (this.#isLetIn(context)) context.accept();
        else context.reject(['publickey', 'password']);
      });
      client.on('ready', () => this.#serve(client, () => user));
    });
  }

  #isLetIn(context: AuthContext): boolean {
    if (context.method === 'password') {
      return this.#machine.passwordFits(context.username, context.password);
    }
    if (context.method !== 'publickey') return false;
    const { key, blob, signature, hashAlgo } = context;
    for (const line of this.#machine.authorizedKeys(context.username)) {
      const known = ssh2.utils.parseKey(line);
      if (known instanceof Error) continue;
      if (!known.getPublicSSH().equals(key.data)) continue;
      // Without a signature the client only asks whether the key would do.
      if (signature === undefined || blob === undefined) return true;
      return known.verify(blob, signature, hashAlgo) === true;
    }
    return false;
  }

  #serve(client: Connection, user: () => string): void {
    client.on('session', (accept) => {
      const session = accept();
      const env: Record<string, string> = {};
      session.on('env', (acceptEnv, _reject, { key, val }) => {
        // As in sshd_config of Debian and Ubuntu: AcceptEnv LANG LC_*.
        if (/^(LANG|LC_\w+)$/.test(key)) env[key] = val;
        acceptEnv?.();
      });
      session.on('pty', (acceptPty) => acceptPty?.());
      session.on('exec', (acceptExec, reject, { command }) => {
        const agent = this.#machine.agent();
        if (agent === undefined) reject();
        else this.#run(agent, command, { env, user: user() }, acceptExec(), session);
      });
      session.on('sftp', (acceptSftp, reject) => {
        const agent = this.#machine.agent();
        if (agent === undefined) reject();
        else serveSftp(acceptSftp(), (call, args) => agent.file(call, args));
      });
      session.on('shell', (acceptShell, reject) => {
        const agent = this.#machine.agent();
        if (agent === undefined) reject();
        else this.#run(agent, undefined, { env, user: user() }, acceptShell(), session);
      });
    });
  }

  #run(
    agent: AgentLink,
    command: string | undefined,
    given: { readonly env: Readonly<Record<string, string>>; readonly user: string },
    channel: ServerChannel,
    session: ssh2.Session,
  ): void {
    let isOpen = true;
    channel.on('error', () => {});
    const running = agent.exec(
      {
        command,
        env: { ...given.env, USER: given.user, LOGNAME: given.user },
        home: this.#machine.home(given.user),
      },
      {
        stdout: (data) => isOpen && channel.write(data),
        stderr: (data) => isOpen && channel.stderr.write(data),
        exit(code, signal) {
          if (!isOpen) return;
          if (signal === undefined) channel.exit(code ?? 0);
          else channel.exit(signal.replace(/^SIG/, ''), false, '');
        },
        close: () => isOpen && channel.close(),
      },
    );
    session.on('signal', (_accept, _reject, info) => running.signal(info.name));
    channel.on('data', (data: Buffer) => running.write(data));
    channel.on('end', () => running.end());
    channel.on('close', () => {
      isOpen = false;
      running.hangUp();
    });
  }
}
