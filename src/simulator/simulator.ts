import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { serve } from '@hono/node-server';
import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts';
import { Account } from './account.ts';
import type { AccountOptions } from './account-options.ts';
import { addressRange, BENCHMARK_NETWORK } from './addresses.ts';
import { Api } from './api.ts';
import { addControl } from './control.ts';
import { holdFolder } from './data-folder.ts';
import { type FaultRule, Faults } from './faults.ts';
import { Hosts } from './hosts.ts';
import { createHttp } from './http.ts';
import { takeLoopbackBlock } from './loopback-block.ts';
import type { MachineKind } from './machine.ts';
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
  /** Absent: our own, in a sandbox. Machines of another kind have addresses of their own, whatever `addressing` says. */
  readonly machines?: MachineKind | undefined;
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
  /** `own`: droplets are machines of another kind, with addresses of their own. */
  readonly addressing: 'loopback' | 'ports' | 'own' | 'none';
  /** How commands are kept from the host; undefined in light mode, and for machines of another kind. */
  readonly sandbox: 'bubblewrap' | 'plain' | undefined;
  /** Only in the addressing `ports`. */
  readonly portMapFile: string | undefined;
  /** Ends all droplets and wipes them. */
  close(): Promise<void>;
}

/** Starts a DigitalOcean of our own on this machine. Rejects with a sentence when something it needs is missing or taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  /** What was taken, to be given back in mirrored order. */
  const taken: (() => Promise<void> | void)[] = [];
  const giveBack = async () => {
    for (const undo of taken.splice(0).reverse()) await undo();
  };
  try {
    return { ...(await assemble(options, taken)), close: giveBack };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

async function assemble(
  options: SimulatorOptions,
  taken: (() => Promise<void> | void)[],
): Promise<Omit<Simulator, 'close'>> {
  const { clock = systemClock, random = systemRandom, log = () => {}, light = false } = options;
  const sshPort = options.sshPort ?? (process.getuid?.() === 0 ? 22 : 2222);
  const ownAddresses = options.addressing ?? (process.platform === 'linux' ? 'loopback' : 'ports');
  const addressing: Simulator['addressing'] = light
    ? 'none'
    : options.machines
      ? 'own'
      : ownAddresses;
  const dataDir = resolve(options.dataDir);
  taken.push(holdFolder(dataDir));
  const sandbox =
    addressing === 'loopback' || addressing === 'ports'
      ? findSandbox(join(dataDir, 'image'), options.sandbox)
      : undefined;
  const block = addressing === 'loopback' ? await takeLoopbackBlock(random, sshPort) : undefined;
  if (block !== undefined) taken.push(block.release);

  const network = options.machines?.network ?? block?.network ?? BENCHMARK_NETWORK;
  const account = new Account({
    clock,
    random,
    options: options.account,
    addresses: addressRange(network, options.addressReuse ?? 'soon'),
  });
  const faults = new Faults(random, options.faults);
  const { token, limits } = options;
  const api = new Api({ account, faults, clock, options: { token, limits } });
  const portMapFile = join(dataDir, 'port-map.json');
  const mappedPorts = options.mappedPorts ?? [3008, 5432];
  const machines = options.machines ?? sandbox;
  const places = { addressing, sshPort, mappedPorts, portMapFile };
  const hosts =
    light || machines === undefined
      ? undefined
      : new Hosts({ ...places, account, clock, machines, dataDir, log });
  const app = createHttp(api);
  addControl(app, { account, faults, hosts });

  if (hosts !== undefined) {
    hosts.start();
    taken.push(() => hosts.close());
  }
  const hostname = options.host ?? '127.0.0.1';
  const server = await listen(app.fetch, hostname, options.port ?? 0);
  taken.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${hostname}:${address.port}`,
    account,
    faults,
    sshPort,
    addressing,
    sandbox: sandbox?.kind,
    portMapFile: addressing === 'ports' ? portMapFile : undefined,
  };
}

function listen(fetch: FetchCallback, hostname: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname, port }, () => resolve(server)) as Server;
    server.once('error', (cause) => {
      const message = `The simulator cannot listen on ${hostname}:${port}; choose another port by --port.`;
      reject(new Error(message, { cause }));
    });
  });
}

type FetchCallback = Parameters<typeof serve>[0]['fetch'];
