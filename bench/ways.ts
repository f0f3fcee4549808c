import { call } from '../test/chaos/customer.ts';
import { startWorld, type World, type WorldOptions } from '../test/chaos/world.ts';
import { eventually } from '../test/eventually.ts';

/** What the machines of a run are: the same for the floor and for what is measured. */
export const BOOTSTRAP_MS = 2_500;
export const BOT_MS = 600;

const LOOK_MS = 500;

/** One create, from the customer's POST to `completed`; times in ms since the epoch. */
export interface Way {
  readonly postedAt: number;
  readonly completedAt: number;
  readonly dropletId: number;
}

/** Machines of the same kind for each section: light ones, that are up and have an address after so many ms, give or take. */
export const machinesThatBoot = (
  { bootMs, droplets }: { readonly bootMs: number; readonly droplets: number },
  options: Pick<WorldOptions, 'controllers' | 'env'>,
): Promise<World> =>
  startWorld({
    ...options,
    apis: 1,
    machines: 'light',
    random: Math.random,
    bootstrapMs: BOOTSTRAP_MS,
    account: {
      dropletLimit: droplets + 10,
      bootMs: { least: bootMs * 0.8, most: bootMs * 1.3 },
      addressLeadMs: { least: bootMs * 0.2, most: bootMs * 0.4 },
    },
    // None fails for want of the processor's time.
    classSpec: { deadlines: { dropletActiveSeconds: 600, sshSeconds: 600 } },
  });

/** Posts all at once, and waits until all are completed, `limitMs` at most. */
export async function createAll(
  { apis, store }: World,
  numbers: readonly string[],
  limitMs = 600_000,
): Promise<readonly Way[]> {
  const api = apis[0];
  if (!api) throw new Error('There is no API to create with.');
  const posted = new Map<string, number>();
  await Promise.all(
    numbers.map(async (numberphone) => {
      posted.set(`bot-${numberphone}`, Date.now());
      const said = await call(api, 'POST', '/api/instance/create', { numberphone });
      if (said.status !== 201 && said.status !== 200 && said.status !== 202) {
        throw new Error(`A create was answered ${said.status}: ${said.text}`);
      }
    }),
  );
  let late: readonly string[] = [];
  const done = await eventually(
    () => `all are completed, and not ${late.length} of them like ${late.slice(0, 3).join('; ')}`,
    async () => {
      const { items } = await store.list('Instance');
      const mine = items.filter(({ metadata }) => posted.has(metadata.name));
      late = mine
        .filter(({ status }) => status?.phase !== 'completed')
        .map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status)}`);
      return late.length === 0 && mine;
    },
    limitMs,
    // Their own times tell when they were; to look often would take the processor from them.
    LOOK_MS,
  );
  return done.map(({ metadata, status }) => ({
    postedAt: posted.get(metadata.name) ?? 0,
    completedAt: Date.parse(status?.phaseStartedAt ?? ''),
    dropletId: status?.dropletId ?? 0,
  }));
}

/** Numbers that no other part of the run has. */
export const numbersOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(1_000_000 + i)}`);
