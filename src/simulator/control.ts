import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { z } from 'zod';
import type { Account } from './account.ts';
import { type Faults, faultRule } from './faults.ts';
import type { Hosts } from './hosts.ts';
import { Refusal } from './refusal.ts';

interface Controlled {
  readonly account: Account;
  readonly faults: Faults;
  /** undefined in light mode. */
  readonly hosts: Hosts | undefined;
}

type MachineAction = (given: Controlled, id: number, body: unknown) => unknown;

/** Throws ZodError for a body of another shape. */
const action =
  <T>(
    schema: z.ZodType<T>,
    run: (given: Controlled, id: number, body: T) => unknown,
  ): MachineAction =>
  (given, id, body) =>
    run(given, id, schema.parse(body));
const nothing = z.strictObject({});

/** Each does one thing to a droplet, behind the API's back. */
const machineActions: Readonly<Record<string, MachineAction>> = {
  /** The plug is pulled. */
  'power-off': action(nothing, ({ account }, id) => account.powerLost(id)),
  /** It is gone, and nobody asked. */
  vanish: action(nothing, ({ account }, id) => account.vanish(id)),
  lock: action(
    z.strictObject({ locked: z.boolean().default(true) }),
    ({ account }, id, { locked }) => account.lock(id, locked),
  ),
  ssh: action(
    z.strictObject({ mode: z.enum(['open', 'refuse', 'hang']) }),
    ({ hosts }, id, { mode }) => machine(hosts, id).setSsh(mode),
  ),
  /** It presents another host key from now on. */
  'host-key': action(nothing, ({ hosts }, id) => machine(hosts, id).replaceHostKey()),
  /** KILL: systemd starts it again; STOP: it hangs until it is restarted. */
  'kill-bot': action(
    z.strictObject({ signal: z.enum(['KILL', 'TERM', 'STOP', 'CONT']).default('KILL') }),
    ({ hosts }, id, { signal }) => machine(hosts, id).killServices(`SIG${signal}`),
  ),
  /** Services die as they start, until this helps. null: they are well again. */
  'break-bot': action(
    z.strictObject({ until: z.enum(['restart', 'reboot', 'forever']).nullable() }),
    ({ hosts }, id, { until }) => machine(hosts, id).breakServices(until ?? undefined),
  ),
  /** The next calls of systemctl fail, and with them the script that calls it. */
  'break-bootstrap': action(
    z.strictObject({ times: z.int().min(0).default(1) }),
    ({ hosts }, id, { times }) => machine(hosts, id).failSystemctl(times),
  ),
  /** Runs a command in it: {code, output}. */
  exec: action(z.strictObject({ command: z.string() }), ({ hosts }, id, { command }) =>
    machine(hosts, id).run(command),
  ),
};

/**
 * What DigitalOcean doesn't have, under /simulator: faults, a hand on each machine, and the ledger.
 * No token is asked for: it is there for tests and chaos runs on this machine.
 */
export function addControl(
  app: Hono<{ Bindings: Partial<HttpBindings> }>,
  controlled: Controlled,
): void {
  const { account, faults } = controlled;
  app.get('/simulator/ledger', (context) => {
    account.settle();
    return context.json(account.ledger.report());
  });
  app.get('/simulator/faults', (context) => context.json(faults.list()));
  app.put('/simulator/faults', async (context) => {
    const rules = z.array(faultRule).safeParse(await context.req.json());
    if (!rules.success) return context.json({ message: z.prettifyError(rules.error) }, 422);
    faults.set(rules.data);
    return context.json(faults.list());
  });
  app.get('/simulator/droplets', (context) =>
    context.json(
      account.living().map(({ id, name, address, status, powered, boots }) => ({
        id,
        name,
        address: address ?? null,
        status,
        powered,
        boots,
      })),
    ),
  );
  app.post('/simulator/droplets/:id/:action', async (context) => {
    const { id, action: name } = context.req.param();
    const act = machineActions[name];
    if (act === undefined) {
      const known = Object.keys(machineActions).join(', ');
      return context.json({ message: `No action ${name}; there are ${known}.` }, 404);
    }
    if (!account.living().some((droplet) => droplet.id === Number(id))) {
      return context.json({ message: `No droplet ${id} lives.` }, 404);
    }
    const text = await context.req.text();
    try {
      const result = await act(controlled, Number(id), text === '' ? {} : JSON.parse(text));
      return context.json(result ?? {});
    } catch (error) {
      if (error instanceof z.ZodError)
        return context.json({ message: z.prettifyError(error) }, 422);
      if (error instanceof Refusal) return context.json({ message: error.message }, 409);
      throw error;
    }
  });
}

function machine(hosts: Hosts | undefined, id: number) {
  const host = hosts?.get(id);
  if (host === undefined) throw new Refusal(409, `Droplet ${id} has no machine yet.`);
  return host;
}
