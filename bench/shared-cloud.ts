import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { systemClock } from '../src/clock.ts';
import { Account } from '../src/simulator/account.ts';
import { Api } from '../src/simulator/api.ts';
import { Faults } from '../src/simulator/faults.ts';
import { createHttp } from '../src/simulator/http.ts';
import type { ChaosCloud, CloudOptions } from '../test/chaos/cloud.ts';

/** Looks that one server of all bots was given. */
interface Looks {
  /** ms since the epoch, in order. */
  readonly times: number[];
  atOnce: number;
  mostAtOnce: number;
}

export interface SharedCloud extends ChaosCloud {
  /** Where every bot answers, on 127.0.0.1. */
  readonly botPort: number;
  readonly looks: Looks;
  /** Each is told when a page of the account's droplets was read, and which. */
  readonly onPage: Set<(page: number) => void>;
}

/** The simulated account in its light mode: droplets without machines, whose bots are all one server that answers at once. */
export async function sharedCloud(options: CloudOptions): Promise<SharedCloud> {
  const { random, limits } = options;
  const addresses = { take: () => '127.0.0.1', release: () => {} };
  const account = new Account({ clock: systemClock, random, options: options.account, addresses });
  const faults = new Faults(random);
  const app = createHttp(new Api({ account, faults, clock: systemClock, options: { limits } }));
  const onPage: SharedCloud['onPage'] = new Set();
  const answer: typeof app.fetch = async (request, ...others) => {
    const answered = await app.fetch(request, ...others);
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === 'GET' && pathname === '/v2/droplets') {
      for (const told of onPage) told(Number(searchParams.get('page') ?? 1));
    }
    return answered;
  };
  const api = await new Promise<Server>((resolve) => {
    const made = serve({ fetch: answer, hostname: '127.0.0.1', port: 0 }, () =>
      resolve(made as Server),
    );
  });
  const looks: Looks = { times: [], atOnce: 0, mostAtOnce: 0 };
  const bots = createServer((_, response) => {
    looks.times.push(Date.now());
    looks.atOnce += 1;
    looks.mostAtOnce = Math.max(looks.mostAtOnce, looks.atOnce);
    response.once('close', () => {
      looks.atOnce -= 1;
    });
    response.setHeader('content-type', 'application/json').end('{"status":"show_qr"}');
  });
  await new Promise<void>((resolve) => bots.listen(0, '127.0.0.1', resolve));
  const servers = [api, bots];
  return {
    url: `http://127.0.0.1:${portOf(api)}`,
    account,
    faults,
    sshPort: 1,
    machines: undefined,
    botPort: portOf(bots),
    looks,
    onPage,
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
