import type { ChildProcess } from 'node:child_process';
import { z } from 'zod';

/** What a command's caller wants to hear. */
export interface CommandListener {
  stdout(data: Buffer): void;
  stderr(data: Buffer): void;
  /** The program ended; its output may still come from processes that it left behind. */
  exit(code: number | undefined, signal: string | undefined): void;
  /** Nothing more comes. */
  close(): void;
}

export interface RunningCommand {
  write(data: Buffer): void;
  end(): void;
  signal(name: string): void;
  /** Nobody listens any more; the program lives on. */
  hangUp(): void;
}

export type AgentEvent =
  | { readonly event: 'ready' | 'reboot' | 'poweroff' }
  | { readonly event: 'ssh'; readonly verb: string };

const message = z.union([
  z.object({ out: z.number(), data: z.string() }),
  z.object({ err: z.number(), data: z.string() }),
  z.object({
    exit: z.number(),
    code: z.number().nullish(),
    signal: z.string().nullish(),
  }),
  z.object({ close: z.number() }),
  z.object({ file: z.number(), result: z.unknown().optional(), code: z.string().optional() }),
  z.object({ event: z.enum(['ready', 'reboot', 'poweroff']) }),
  z.object({ event: z.literal('ssh'), verb: z.string() }),
]);

interface FileAnswer {
  readonly result?: unknown;
  readonly code?: string | undefined;
}

/** The simulator's end of the line to the agent in a droplet. */
export class AgentLink {
  readonly #child: ChildProcess;
  readonly #commands = new Map<number, CommandListener>();
  /** Calls of files that are not answered yet. */
  readonly #calls = new Map<number, (answer: FileAnswer) => void>();
  #nextId = 1;

  constructor(child: ChildProcess, onEvent: (event: AgentEvent) => void) {
    this.#child = child;
    // The agent may die at any write; its `exit` says so.
    child.stdin?.on('error', () => {});
    let rest = '';
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#receive(line, onEvent);
    });
    child.once('exit', () => {
      for (const listener of this.#commands.values()) listener.close();
      this.#commands.clear();
      for (const answer of this.#calls.values()) answer({ code: 'EIO' });
      this.#calls.clear();
    });
  }

  /** A call of guest/files.mjs. Rejects with the system's error code. */
  file(call: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, ({ result, code }) => {
        if (code === undefined) resolve(result);
        else reject(Object.assign(new Error(`${call}: ${code}`), { code }));
      });
      this.#send({ file: id, call, args });
    });
  }

  /** `command` undefined: a login shell. */
  exec(
    given: {
      readonly command: string | undefined;
      readonly env: Readonly<Record<string, string>>;
      readonly home: string;
    },
    listener: CommandListener,
  ): RunningCommand {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#commands.set(id, listener);
    this.#send({ exec: id, ...given });
    return {
      write: (data) => this.#send({ stdin: id, data: data.toString('base64') }),
      end: () => this.#send({ eof: id }),
      signal: (name) => this.#send({ signal: id, name }),
      hangUp: () => {
        this.#commands.delete(id);
        this.#send({ hangup: id });
      },
    };
  }

  /** Runs a command to its end: exit code (undefined: killed) and output. */
  run(command: string): Promise<{ code: number | undefined; output: string }> {
    return new Promise((resolve) => {
      let output = '';
      let exitCode: number | undefined;
      const running = this.exec(
        { command, env: {}, home: '/root' },
        {
          stdout: (data) => {
            output += data;
          },
          stderr: (data) => {
            output += data;
          },
          exit: (code) => {
            exitCode = code;
          },
          close: () => resolve({ code: exitCode, output }),
        },
      );
      running.end();
    });
  }

  killServices(signal: string): void {
    this.#send({ killServices: signal });
  }

  breakServices(until: 'restart' | 'reboot' | 'forever' | undefined): void {
    this.#send({ breakServices: until ?? null });
  }

  failSystemctl(times: number): void {
    this.#send({ failSystemctl: times });
  }

  #send(value: object): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(`${JSON.stringify(value)}\n`);
  }

  #receive(line: string, onEvent: (event: AgentEvent) => void): void {
    const received = message.parse(JSON.parse(line));
    if ('out' in received) {
      this.#commands.get(received.out)?.stdout(Buffer.from(received.data, 'base64'));
    } else if ('err' in received) {
      this.#commands.get(received.err)?.stderr(Buffer.from(received.data, 'base64'));
    } else if ('exit' in received) {
      const { code, signal } = received;
      this.#commands.get(received.exit)?.exit(code ?? undefined, signal ?? undefined);
    } else if ('file' in received) {
      this.#calls.get(received.file)?.(received);
      this.#calls.delete(received.file);
    } else if ('close' in received) {
      const listener = this.#commands.get(received.close);
      this.#commands.delete(received.close);
      listener?.close();
    } else {
      onEvent(received);
    }
  }
}
