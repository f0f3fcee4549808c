import { execFile, spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Names and paths of the kubectl programs that this machine has: those of scripts/setup-kubectl.sh, and the one on the path with its siblings. */
export function kubectls(): readonly (readonly [name: string, path: string])[] {
  const own = existsSync('.kubectl')
    ? readdirSync('.kubectl').map((name): [string, string] => [name, `.kubectl/${name}/kubectl`])
    : [];
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find(isProgram);
  const siblings = onPath ? versionsBeside(realpathSync(onPath)) : [];
  const others: [string, string][] = onPath ? [['path', onPath], ...siblings] : [];
  return [...own, ...others].filter(([, path]) => isProgram(path));
}

/** One that knows all that deploy/kubernetes/kustomization.yaml says: of 1.22 or later. Empty where there is none. */
export function kubectlForKustomize(): string {
  const isNew = (path: string) => {
    const { stdout } = spawnSync(path, ['version', '--client', '--output', 'json'], {
      encoding: 'utf8',
    });
    const [, major, minor] = /"gitVersion": "v(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
    return Number(major) === 1 && Number(minor) >= 22;
  };
  return kubectls().find(([, path]) => isNew(path))?.[1] ?? '';
}

/** Some packages put the programs of many versions beside one that chooses between them: kubectl.1.27 and so on. */
const versionsBeside = (program: string): [string, string][] =>
  readdirSync(dirname(program))
    .filter((name) => /^kubectl\.\d+\.\d+$/.test(name))
    .map((name) => [name, join(dirname(program), name)]);

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One kubectl with a folder of its own for what it caches and writes. */
export class Kubectl {
  readonly #path: string;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(path: string, folder: string, kubeconfig: string) {
    this.#path = path;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const config = join(folder, 'kubeconfig');
    writeFileSync(config, kubeconfig, { mode: 0o600 });
    this.#env = {
      PATH: `${dirname(path)}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: folder,
      KUBECONFIG: config,
      TMPDIR: folder,
    };
  }

  /** A manifest as a file; answers its path. */
  file(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Runs to its end, 60 s at most. */
  say(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
    return new Promise((resolve) => {
      const options = { env: { ...this.#env, ...env }, timeout: 60_000, maxBuffer: 64 << 20 };
      execFile(this.#path, args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** Standard output. Throws when it ends with another code than 0. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.say(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Both outputs. Throws when it ends with 0. */
  async fails(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.say(args);
    if (code === 0) throw new Error(`kubectl ${args.join(' ')} did not fail:\n${stdout}`);
    return `${stdout}${stderr}`;
  }

  /** Starts one that does not end by itself, like a watch. */
  follow(...args: readonly string[]): { text(): string; end(): Promise<void> } {
    const child = spawn(this.#path, args, { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    return {
      text: () => text,
      end: async () => {
        const ended = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGKILL');
        await ended;
      },
    };
  }
}
