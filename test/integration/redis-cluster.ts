import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import { freePorts } from '../free-port.ts';
import { tlsArguments, tlsClient } from './certificates.ts';

const SLOTS = 16_384;
const LIMIT_MS = 60_000;

/** A Redis Cluster for one test alone: three masters and a replica of each, with the program's redis.conf. */
export class RedisCluster {
  /** Of the masters, as REDIS_URL names them. */
  readonly url: string;
  readonly #dir: string;
  readonly #certificates: string | undefined;
  readonly #ports: readonly number[];
  readonly #processes = new Map<number, ChildProcess>();

  private constructor(dir: string, ports: readonly number[], certificates: string | undefined) {
    this.#dir = dir;
    this.#certificates = certificates;
    this.#ports = ports;
    const nodes = ports.map((port) => `127.0.0.1:${port}`).join(',');
    this.url = `${certificates === undefined ? 'redis' : 'rediss'}+cluster://${nodes}`;
  }

  /** Resolves when every node says that all is well. `certificates`: all by TLS, with those of this folder. */
  static async begin(certificates?: string): Promise<RedisCluster> {
    const dir = await mkdtemp(join(tmpdir(), 'orquesta-redis-cluster-'));
    const cluster = new RedisCluster(dir, await freePorts(6), certificates);
    try {
      await cluster.#start();
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  /** The port of the master that holds a key now, as a majority of the nodes that answer say. */
  async holderOf(key: string): Promise<number> {
    const port = await this.#until('somebody holds the key', async () => {
      for (const asked of this.#ports) {
        const told = await this.#ask(asked, 'CLUSTER', 'SLOTS').catch(() => undefined);
        if (told === undefined) continue;
        const slot = Number(await this.#ask(asked, 'CLUSTER', 'KEYSLOT', key));
        const ranges = told as [number, number, [string, number]][];
        return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
      }
      return undefined;
    });
    return port;
  }

  kill(port: number): void {
    this.#processes.get(port)?.kill('SIGKILL');
  }

  /** Moves the slot of a key, with what is in it, to another master. */
  async move(key: string): Promise<number> {
    const from = await this.holderOf(key);
    const masters = this.#ports.slice(0, 3);
    const to = masters.find((port) => port !== from) ?? 0;
    const slot = String(await this.#ask(from, 'CLUSTER', 'KEYSLOT', key));
    const [fromId, toId] = [await this.#idOf(from), await this.#idOf(to)];
    await this.#ask(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await this.#ask(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    for (;;) {
      const keys = (await this.#ask(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '100')) as string[];
      if (keys.length === 0) break;
      await this.#ask(from, 'MIGRATE', '127.0.0.1', String(to), '', '0', '5000', 'KEYS', ...keys);
    }
    for (const port of [to, from]) {
      await this.#ask(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    }
    return to;
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
    for (const port of this.#ports) {
      const dir = join(this.#dir, String(port));
      await mkdir(dir);
      const settings = [...this.#at(port), '--dir', dir, '--daemonize', 'no'];
      const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
      const delay = ['--repl-diskless-sync-delay', '0'];
      const args = ['redis.conf', ...settings, ...cluster, ...delay];
      this.#processes.set(port, spawn('redis-server', args, { stdio: 'ignore' }));
    }
    const [first = 0, ...others] = this.#ports;
    for (const port of this.#ports) {
      await this.#until(`node ${port} answers`, async () => this.#ask(port, 'PING'));
    }
    const share = Math.ceil(SLOTS / 3);
    for (const [index, port] of this.#ports.slice(0, 3).entries()) {
      const last = Math.min((index + 1) * share, SLOTS) - 1;
      const range = [String(index * share), String(last)];
      await this.#ask(port, 'CLUSTER', 'ADDSLOTSRANGE', ...range);
      await this.#ask(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }
    for (const port of others) await this.#ask(port, 'CLUSTER', 'MEET', '127.0.0.1', String(first));
    for (const [index, port] of this.#ports.slice(3).entries()) {
      const master = await this.#idOf(this.#ports[index] ?? 0);
      // It must have heard of the master first.
      await this.#until(`node ${port} is a replica`, () =>
        this.#ask(port, 'CLUSTER', 'REPLICATE', master),
      );
    }
    for (const port of this.#ports) {
      await this.#until(`node ${port} says that all is well`, async () => {
        const info = String(await this.#ask(port, 'CLUSTER', 'INFO'));
        return /^cluster_state:ok/m.test(info) && /^cluster_known_nodes:6/m.test(info);
      });
    }
    for (const port of this.#ports.slice(3)) {
      await this.#until(`replica ${port} follows`, async () =>
        String(await this.#ask(port, 'INFO', 'replication')).includes('master_link_status:up'),
      );
    }
  }

  #at(port: number): readonly string[] {
    if (this.#certificates === undefined) return ['--port', String(port)];
    const tls = ['--tls-replication', 'yes', '--tls-cluster', 'yes'];
    return ['--port', '0', '--tls-port', String(port), ...tls, ...tlsArguments(this.#certificates)];
  }

  async #idOf(port: number): Promise<string> {
    return String(await this.#ask(port, 'CLUSTER', 'MYID'));
  }

  async #ask(port: number, command: string, ...args: readonly string[]): Promise<unknown> {
    const node = new Redis(port, '127.0.0.1', {
      ...tlsClient(this.#certificates),
      protocol: 2,
      retryStrategy: () => null,
      enableReadyCheck: false,
      commandTimeout: 10_000,
    });
    node.on('error', () => {});
    try {
      return await node.call(command, ...args);
    } finally {
      node.disconnect();
    }
  }

  async #until<T>(what: string, ask: () => Promise<T>): Promise<NonNullable<T>> {
    const end = systemClock.now() + LIMIT_MS;
    for (;;) {
      const answer = await ask().catch(() => undefined);
      if (answer) return answer;
      if (systemClock.now() > end) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
      await systemClock.sleep(50);
    }
  }
}
