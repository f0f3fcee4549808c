import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Random, systemClock } from '../../src/clock.ts';
import { Account } from '../../src/simulator/account.ts';
import type { AccountOptions } from '../../src/simulator/account-options.ts';
import { addressRange } from '../../src/simulator/addresses.ts';
import { Api } from '../../src/simulator/api.ts';
import { addControl } from '../../src/simulator/control.ts';
import { Faults } from '../../src/simulator/faults.ts';
import { createHttp } from '../../src/simulator/http.ts';
import { takeLoopbackBlock } from '../../src/simulator/loopback-block.ts';
import type { LimitOptions } from '../../src/simulator/rate-limit.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { freePort } from '../free-port.ts';
import { LightMachines } from './light-machines.ts';

/** The account that a chaos run works against, with its machines. */
export interface ChaosCloud {
  readonly url: string;
  readonly account: Account;
  readonly faults: Faults;
  readonly sshPort: number;
  /** undefined: real sandboxes, whose bots are not looked into. */
  readonly machines: LightMachines | undefined;
  close(): Promise<void>;
}

export interface CloudOptions {
  readonly dataDir: string;
  readonly password: string;
  readonly random: Random;
  readonly account: Partial<AccountOptions>;
  readonly bootstrapMs?: number | undefined;
  /** Absent: DigitalOcean's own. */
  readonly limits?: LimitOptions | false | undefined;
}

/** The simulated account with droplets that really run commands, each in a sandbox. */
export async function sandboxCloud(options: CloudOptions): Promise<ChaosCloud> {
  const sshPort = await freePort();
  const simulator = await startSimulator({ ...options, sshPort });
  return {
    url: simulator.url,
    account: simulator.account,
    faults: simulator.faults,
    sshPort,
    machines: undefined,
    close: () => simulator.close(),
  };
}

/** The same account and API, with machines that are light enough for hundreds of them. */
export async function lightCloud(options: CloudOptions): Promise<ChaosCloud> {
  const { random, password, limits } = options;
  const clock = systemClock;
  const sshPort = await freePort();
  const block = await takeLoopbackBlock(Math.random, sshPort);
  const account = new Account({
    clock,
    random,
    options: options.account,
    addresses: addressRange(block.network, 'soon'),
  });
  const faults = new Faults(random);
  const app = createHttp(new Api({ account, faults, clock, options: { limits } }));
  addControl(app, { account, faults, hosts: undefined });
  const machines = new LightMachines({
    account,
    clock,
    sshPort,
    password,
    bootstrapMs: options.bootstrapMs,
  });
  machines.start();
  const server = await new Promise<Server>((resolve) => {
    const made = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () =>
      resolve(made as Server),
    );
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account,
    faults,
    sshPort,
    machines,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await machines.close();
      await block.release();
    },
  };
}
