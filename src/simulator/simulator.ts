import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { serve } from '@hono/node-server';
import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts';
import { Account, type AccountOptions } from './account.ts';
import { addressRange, BENCHMARK_NETWORK } from './addresses.ts';
import { Api } from './api.ts';
import { addControl } from './control.ts';
import { type FaultRule, Faults } from './faults.ts';
import { Hosts } from './hosts.ts';
import { createHttp } from './http.ts';
import { takeLoopbackBlock } from './loopback-block.ts';
import type { LimitOptions } from './rate-limit.ts';
import { findSandbox } from './sandbox.ts';

export interface SimulatorOptions {
  /** 0 or absent: any free one. */
  readonly port?: number | undefined;
  /** Where the API listens; only on loopback unless told otherwise, for whoever reaches it can run commands here. */
  readonly host?: string | undefined;
  /** Everything is kept in there: the droplets' disks, the port map. Made where missing. */
  readonly dataDir: string;
  /** Default 22 for root, else 2222. */
  readonly sshPort?: number | undefined;
  /** Droplets without machines, for tests of size: their addresses answer nothing. */
  readonly light?: boolean | undefined;
  /** Default `loopback` on Linux, else `ports`. */
  readonly addressing?: 'loopback' | 'ports' | undefined;
  /** In the addressing `ports`: what is mapped beside SSH. Default: the bot's QR and panel, 3008 and 5432. */
  readonly mappedPorts?: readonly number[] | undefined;
  /** Default: the machine's best. */
  readonly sandbox?: 'bubblewrap' | 'plain' | undefined;
  /** Does a released address go to the next droplet (as it may in DigitalOcean), or back to the end of the queue? */
  readonly addressReuse?: 'soon' | 'late' | undefined;
  /** Absent: any token is taken. */
  readonly token?: string | undefined;
  /** Absent: DigitalOcean's. */
  readonly limits?: LimitOptions | false | undefined;
  readonly account?: Partial<AccountOptions> | undefined;
  readonly faults?: readonly FaultRule[] | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: ((text: string) => void) | undefined;
}

export interface Simulator {
  /** For DIGITALOCEAN_API_URL. */
  readonly url: string;
  readonly account: Account;
  readonly faults: Faults;
  readonly sshPort: number;
  readonly addressing: 'loopback' | 'ports' | 'none';
  /** How commands are kept from the host; undefined in light mode. */
  readonly sandbox: 'bubblewrap' | 'plain' | undefined;
  /** Only in the addressing `ports`. */
  readonly portMapFile: string | undefined;
  /** Ends all droplets and wipes them. */
  close(): Promise<void>;
}

/** Starts a DigitalOcean of our own on this machine. Rejects with a sentence when something it needs is missing or taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock = systemClock, random = systemRandom, log = () => {}, light = false } = options;
  const sshPort = options.sshPort ?? (process.getuid?.() === 0 ? 22 : 2222);
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const ownAddresses = options.addressing ?? (process.platform === 'linux' ? 'loopback' : 'ports');
  const addressing = light ? 'none' : ownAddresses;
  const sandbox = light ? undefined : findSandbox(join(dataDir, 'image'), options.sandbox);
  const block = addressing === 'loopback' ? await takeLoopbackBlock(random, sshPort) : undefined;
  const portMapFile = join(dataDir, 'port-map.json');

  const account = new Account({
    clock,
    random,
    options: options.account,
    addresses: addressRange(block?.network ?? BENCHMARK_NETWORK, options.addressReuse ?? 'soon'),
  });
  const faults = new Faults(random, options.faults);
  const api = new Api({
    account,
    faults,
    clock,
    options: { token: options.token, limits: options.limits },
  });
  const hosts =
    sandbox === undefined || addressing === 'none'
      ? undefined
      : new Hosts({
          account,
          clock,
          sandbox,
          dataDir,
          sshPort,
          addressing,
          mappedPorts: options.mappedPorts ?? [3008, 5432],
          portMapFile,
          log,
        });
  const app = createHttp(api);
  addControl(app, { account, faults, hosts });

  const hostname = options.host ?? '127.0.0.1';
  let server: Server;
  try {
    server = await new Promise<Server>((resolve, reject) => {
      const started = serve({ fetch: app.fetch, hostname, port: options.port ?? 0 }, () =>
        resolve(started),
      ) as Server;
      started.once('error', reject);
    });
  } catch (cause) {
    await block?.release();
    throw new Error(`The simulator cannot listen on ${hostname}:${options.port ?? 0}.`, { cause });
  }
  hosts?.start();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${hostname}:${port}`,
    account,
    faults,
    sshPort,
    addressing,
    sandbox: sandbox?.kind,
    portMapFile: addressing === 'ports' ? portMapFile : undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await hosts?.close();
      await block?.release();
    },
  };
}
