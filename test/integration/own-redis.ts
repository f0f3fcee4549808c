import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';

/** A redis-server for one test alone, with the program's redis.conf, that may be killed and started again on the same data. */
export class OwnRedis {
  readonly url: string;
  readonly #port: number;
  readonly #dir: string;
  readonly #options: readonly string[];
  #server: ChildProcess | undefined;

  private constructor(port: number, dir: string, options: readonly string[]) {
    this.#port = port;
    this.#dir = dir;
    this.#options = options;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async begin(options: readonly string[] = []): Promise<OwnRedis> {
    const dir = await mkdtemp(join(tmpdir(), 'orquesta-own-redis-'));
    const redis = new OwnRedis(await freePort(), dir, options);
    redis.start();
    return redis;
  }

  start(): void {
    const settings = ['--port', String(this.#port), '--dir', this.#dir, '--daemonize', 'no'];
    this.#server = spawn('redis-server', ['redis.conf', ...settings, ...this.#options], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
