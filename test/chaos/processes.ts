import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A real process that may be killed, frozen and started again on the same data, as often as wanted. */
export class Program {
  readonly name: string;
  readonly logFile: string;
  /** How often it ended without having been asked to. */
  deaths = 0;
  readonly #command: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  /** Bytes of the log that earlier starts have written. */
  #logFrom = 0;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly name: string;
    readonly command: readonly string[];
    readonly env?: Readonly<Record<string, string>> | undefined;
    /** Its output is appended to a file of its name in there. */
    readonly logDir: string;
  }) {
    this.name = options.name;
    this.#command = options.command;
    this.#env = { PATH: process.env['PATH'] ?? '', ...options.env };
    this.logFile = join(options.logDir, `${options.name}.log`);
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** undefined before its first start. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Whether it has written this since its last start. */
  hasSaid(text: string): boolean {
    return readFileSync(this.logFile).subarray(this.#logFrom).includes(text);
  }

  start(): void {
    if (this.isRunning) return;
    const [command = '', ...args] = this.#command;
    const log = openSync(this.logFile, 'a');
    const child = spawn(command, args, { env: this.#env, stdio: ['ignore', log, log] });
    this.#logFrom = fstatSync(log).size;
    closeSync(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => {
        // Who ends on purpose has taken the child away first.
        if (this.#child === child) this.deaths += 1;
        resolve();
      });
    });
  }

  /** As a power cut would. Resolves when it is dead. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** The same without waiting, for when this process itself is about to end. */
  killAtOnce(): void {
    if (this.isRunning) this.#child?.kill('SIGKILL');
  }

  /** As a deployment would. Answers the exit code (null: it had to be killed) and how long it took. */
  async stop(limitMs = 20_000): Promise<{ readonly code: number | null; readonly tookMs: number }> {
    const child = this.#child;
    const since = Date.now();
    const tooLong = setTimeout(() => child?.kill('SIGKILL'), limitMs);
    await this.#end('SIGTERM');
    clearTimeout(tooLong);
    return { code: child?.exitCode ?? null, tookMs: Date.now() - since };
  }

  /** Frozen: it keeps its connections and does not know that time passes. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!this.isRunning || child === undefined) return;
    this.#child = undefined;
    child.kill(signal);
    child.kill('SIGCONT');
    await this.#ended;
  }
}

/** A redis-server with the program's own redis.conf, whose data outlive it. */
export function redisProgram(dir: string, port: number, settings: readonly string[] = []): Program {
  const data = join(dir, 'redis');
  mkdirSync(data, { recursive: true });
  const own = ['--port', String(port), '--dir', data, '--daemonize', 'no'];
  return new Program({
    name: 'redis',
    command: ['redis-server', 'redis.conf', ...own, ...settings],
    logDir: dir,
  });
}

/** Orquesta itself, as it is shipped. */
export function orquestaProgram(
  name: string,
  dir: string,
  env: Readonly<Record<string, string>>,
): Program {
  return new Program({
    name,
    command: [process.execPath, 'dist/main.js'],
    env,
    logDir: dir,
  });
}
