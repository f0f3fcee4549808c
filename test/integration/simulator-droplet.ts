import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { generateHostKey } from '../../src/simulator/host-key.ts';
import { sha512Crypt } from '../../src/simulator/sha512-crypt.ts';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/simulator.ts';

export const PASSWORD = 'a good password';
export const hostKey = generateHostKey();
/** For login by key; the public part is in `userData`. */
export const clientKey = generateHostKey();

const instant = { least: 0, most: 0 };

export interface Lab extends Simulator {
  readonly dataDir: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  end(): Promise<void>;
}

/** A simulator with machines, in a folder of its own. `end` removes all. */
export async function startLab(options: Partial<SimulatorOptions> = {}): Promise<Lab> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orquesta-droplets-'));
  // Without bubblewrap the droplets are nobody's processes, who has to get into the folder.
  await chmod(dataDir, 0o755);
  const simulator = await startSimulator({
    dataDir,
    sshPort: 2222,
    account: {
      bootMs: instant,
      addressLeadMs: instant,
      tagLagMs: instant,
      listLagMs: instant,
      actionMs: instant,
      deleteMs: instant,
    },
    limits: false,
    ...options,
  });
  return {
    ...simulator,
    dataDir,
    async call(method, path, body) {
      const response = await fetch(simulator.url + path, {
        method,
        headers: { authorization: 'Bearer any' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    async end() {
      await simulator.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const indent = (text: string) => text.replace(/^/gm, '    ');

/** As Orquesta sends it: a password's hash, a key that may log in, and the host key. */
const userData = (extra = '') => `#cloud-config
ssh_pwauth: true
users:
  - name: root
    lock_passwd: false
    hashed_passwd: '${sha512Crypt(PASSWORD, '$6$pepper')}'
    ssh_authorized_keys: ['${clientKey.publicKey}']
ssh_keys:
  ed25519_private: |
${indent(hostKey.privateKey.trimEnd())}
  ed25519_public: '${hostKey.publicKey}'
${extra}`;

export interface Credentials {
  readonly password?: string;
  readonly privateKey?: string;
  readonly hostVerifier?: (key: Buffer) => boolean;
  readonly readyTimeout?: number;
}

export interface TestDroplet {
  readonly id: number;
  readonly address: string;
  readonly folder: string;
  /** A port of the droplet, as this machine reaches it. */
  at(port: number): string;
  connect(credentials?: Credentials): Promise<ssh2.Client>;
}

/** Creates a droplet and waits for its address. */
export async function createDroplet(
  lab: Lab,
  extra = '',
  name = 'bot-573332221111',
): Promise<TestDroplet> {
  const created = await lab.call('POST', '/v2/droplets', {
    name,
    region: 'sfo3',
    size: 's-1vcpu-512mb-10gb',
    image: 'ubuntu-24-04-x64',
    user_data: userData(extra),
  });
  const { id } = created.body.droplet;
  const address = await until(`an address of droplet ${id}`, async () => {
    const seen = await lab.call('GET', `/v2/droplets/${id}`);
    return seen.body.droplet.networks.v4.find((each: { type: string }) => each.type === 'public')
      ?.ip_address;
  });
  const at = (port: number): string => {
    if (lab.portMapFile === undefined) return `${address}:${port}`;
    return JSON.parse(readFileSync(lab.portMapFile, 'utf8'))[`${address}:${port}`];
  };
  return {
    id,
    address,
    folder: join(lab.dataDir, 'droplets', String(id)),
    at,
    connect: (credentials = { password: PASSWORD }) => connect(at(2222), credentials),
  };
}

/** One try. */
function connect(target: string, credentials: Credentials): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client));
    client.on('error', reject);
    const [host, port] = target.split(':');
    client.connect({ host: host ?? '', port: Number(port), username: 'root', ...credentials });
  });
}

/** Tries until the machine is up. Only a closed port is worth another try. */
export function login(droplet: TestDroplet, credentials?: Credentials): Promise<ssh2.Client> {
  return until(`a login at droplet ${droplet.id}`, () =>
    droplet.connect(credentials).catch((error: NodeJS.ErrnoException) => {
      if (!['ECONNREFUSED', 'ECONNRESET'].includes(error.code ?? '')) throw error;
      return undefined;
    }),
  );
}

export interface Ran {
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export function exec(client: ssh2.Client, command: string, stdin = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let [stdout, stderr] = ['', ''];
      let code: number | string | undefined;
      channel.on('data', (data: Buffer) => {
        stdout += data;
      });
      channel.stderr.on('data', (data: Buffer) => {
        stderr += data;
      });
      channel.on('exit', (exitCode: number | null, signal?: string) => {
        code = exitCode ?? signal;
      });
      channel.on('close', () => resolve({ code, stdout, stderr }));
      channel.end(stdin);
    });
  });
}

/** Asks again and again until there is a value. Rejects after 30 s. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const limit = Date.now() + 30_000;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (Date.now() > limit) throw new Error(`There is still not ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
