import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import { freePorts } from '../free-port.ts';
import { tlsArguments, tlsClient } from './certificates.ts';

const NAME = 'mymaster';
const SENTINELS = 3;

/** A master, its replica and three Sentinels for one test alone, with the program's redis.conf. */
export class RedisGroup {
  /** Of the Sentinels, as REDIS_URL names them. */
  readonly url: string;
  readonly #dir: string;
  readonly #certificates: string | undefined;
  readonly #nodePorts: readonly number[];
  readonly #sentinelPorts: readonly number[];
  readonly #processes = new Map<number, ChildProcess>();

  private constructor(dir: string, ports: readonly number[], certificates: string | undefined) {
    this.#dir = dir;
    this.#certificates = certificates;
    this.#nodePorts = ports.slice(0, 2);
    this.#sentinelPorts = ports.slice(2);
    const sentinels = this.#sentinelPorts.map((port) => `127.0.0.1:${port}`).join(',');
    const scheme = certificates === undefined ? 'redis+sentinel' : 'rediss+sentinel';
    this.url = `${scheme}://${sentinels}/${NAME}`;
  }

  /** Resolves when a failover could succeed: everyone knows everyone, and the replica has what the master has. `certificates`: all by TLS, with those of this folder. */
  static async begin(certificates?: string): Promise<RedisGroup> {
    const dir = await mkdtemp(join(tmpdir(), 'orquesta-redis-group-'));
    const group = new RedisGroup(dir, await freePorts(2 + SENTINELS), certificates);
    try {
      await group.#start();
    } catch (error) {
      await group.end();
      throw error;
    }
    return group;
  }

  get first(): { readonly master: number; readonly replica: number } {
    const [master = 0, replica = 0] = this.#nodePorts;
    return { master, replica };
  }

  /** On the data that it had. A server that comes back believes what it was, until the Sentinels tell it. */
  startNode(port: number, options: readonly string[] = []): void {
    const dir = join(this.#dir, String(port));
    const settings = [...this.#at(port), '--dir', dir, '--repl-diskless-sync-delay', '0'];
    this.#spawn(port, [join(dir, 'redis.conf'), ...settings, ...options]);
  }

  signal(port: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#processes.get(port)?.kill(signal);
  }

  /** One answer of one server, in lines. Rejects when it does not answer. */
  async ask(port: number, command: string, ...args: readonly string[]): Promise<string> {
    const redis = new Redis(port, '127.0.0.1', {
      ...tlsClient(this.#certificates),
      protocol: 2,
      retryStrategy: () => null,
      enableReadyCheck: false,
      commandTimeout: 1_000,
    });
    redis.on('error', () => {});
    try {
      return [await redis.call(command, ...args)].flat(2).join('\n');
    } finally {
      redis.disconnect();
    }
  }

  async end(): Promise<void> {
    const ended = [...this.#processes.values()].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exit;
    });
    await Promise.all(ended);
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const [master = 0, replica = 0] = this.#nodePorts;
    for (const port of this.#nodePorts) {
      await mkdir(join(this.#dir, String(port)));
      // One each: at a failover, Sentinels have the servers write down who follows whom.
      await copyFile('redis.conf', join(this.#dir, String(port), 'redis.conf'));
    }
    this.startNode(master);
    this.startNode(replica, ['--replicaof', `127.0.0.1 ${master}`]);
    await this.#until('the replica follows', async () =>
      (await this.ask(replica, 'INFO', 'replication')).includes('master_link_status:up'),
    );
    for (const port of this.#sentinelPorts) await this.#startSentinel(port, master);
    for (const port of this.#sentinelPorts) {
      await this.#until('the Sentinels know everyone', async () => {
        const known = async (what: string, wanted: string) =>
          (await this.ask(port, 'SENTINEL', what, NAME)).split('\n').includes(wanted);
        const others = (await this.ask(port, 'SENTINEL', 'SENTINELS', NAME)).match(/runid\n.{40}/g);
        return (await known('REPLICAS', 'slave')) && others?.length === SENTINELS - 1;
      });
    }
  }

  async #startSentinel(port: number, master: number): Promise<void> {
    const file = join(this.#dir, `sentinel-${port}.conf`);
    const lines = [
      'bind 127.0.0.1',
      `port ${this.#certificates === undefined ? port : 0}`,
      `dir ${this.#dir}`,
      'loglevel warning',
      `sentinel monitor ${NAME} 127.0.0.1 ${master} 2`,
      `sentinel down-after-milliseconds ${NAME} 1000`,
      `sentinel failover-timeout ${NAME} 3000`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    this.#spawn(port, [
      file,
      '--sentinel',
      ...(this.#certificates === undefined ? [] : this.#at(port)),
    ]);
  }

  /** Where a server or a Sentinel listens. */
  #at(port: number): readonly string[] {
    if (this.#certificates === undefined) return ['--port', String(port)];
    const tls = ['--port', '0', '--tls-port', String(port), '--tls-replication', 'yes'];
    return [...tls, ...tlsArguments(this.#certificates)];
  }

  #spawn(port: number, args: readonly string[]): void {
    this.#processes.set(port, spawn('redis-server', args, { stdio: 'ignore' }));
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = systemClock.now() + 30_000;
    while (!(await holds().catch(() => false))) {
      if (systemClock.now() > end) throw new Error(`not within 30 s: ${what}`);
      await systemClock.sleep(50);
    }
  }
}
