import type { Clock, Random } from '../../src/clock.ts';
import type { Budget, Priority } from '../../src/cloud/budget.ts';
import {
  type Cloud,
  CloudError,
  type CreateDroplet,
  type CreateDroplets,
  type DropletAction,
  MAX_NAMES,
} from '../../src/cloud/cloud.ts';
import { type Asked, noAnswer, TOO_LATE, verdict } from '../../src/cloud/verdict.ts';
import type { CloudDroplet } from '../../src/resources/cloud-droplet.ts';
import type { Prices } from '../../src/resources/price.ts';
import type { Account } from '../../src/simulator/account.ts';
import { SIZES } from '../../src/simulator/catalog.ts';
import {
  type BirthFault,
  type CallFault,
  type Faults,
  type FaultTarget,
  isBirthFault,
} from '../../src/simulator/faults.ts';
import { findPlace } from '../../src/simulator/place.ts';
import type { DropletRecord } from '../../src/simulator/records.ts';
import { overQuota, pendingEvent, Refusal } from '../../src/simulator/refusal.ts';

/** How a droplet came to be: asked for in a call that the caller still waits for, or by one that it has given up. */
export type Birth = 'asked' | 'late';

export interface AccountCloudDeps {
  readonly account: Account;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly random: Random;
  /** Asked before each call; absent: never spent. */
  readonly budget?: Budget | undefined;
  /** Each way, in ms, at the most. */
  readonly latencyMs?: number | undefined;
  readonly onCreated?: ((droplet: DropletRecord, birth: Birth) => void) | undefined;
  readonly onDelete?: ((droplet: DropletRecord) => void) | undefined;
}

interface Call extends Asked, Pick<FaultTarget, 'operation'> {
  readonly names?: readonly string[] | undefined;
  readonly dropletId?: number | undefined;
  readonly notAfter?: number | undefined;
}

/** What of a call's faults its work must know. */
interface Struck {
  readonly calls: readonly CallFault[];
  readonly births: readonly BirthFault[];
  readonly isLate: boolean;
}

const DEADLINE_MS = 30_000;
const LATENCY_MS = 60;
const RATE_LIMIT_MS = 20_000;

/** DigitalOcean in memory: the simulator's account and its faults behind the Cloud port, without HTTP. */
export class AccountCloud implements Cloud {
  readonly #deps: AccountCloudDeps;

  constructor(deps: AccountCloudDeps) {
    this.#deps = deps;
  }

  listDroplets(signal: AbortSignal): Promise<readonly CloudDroplet[]> {
    const call: Call = { operation: 'listDroplets', method: 'GET', doing: 'list the droplets' };
    return this.#call(call, signal, (struck) => {
      const droplets = this.#deps.account.list({}).map(told);
      return has(struck, 'page-miss') ? droplets.slice(1) : droplets;
    });
  }

  findByName(name: string, signal: AbortSignal): Promise<readonly CloudDroplet[]> {
    const doing = `look up droplets named ${name}`;
    const call: Call = { operation: 'listDroplets', method: 'GET', doing, names: [name] };
    return this.#call(call, signal, (struck) => {
      const found = this.#deps.account.list({ name }).map(told);
      if (!has(struck, 'page-miss')) return found;
      // Its count says that one is missing.
      if (found.length === 1) throw unknown(call, 'its list lacks some of them');
      return found.slice(1);
    });
  }

  getDroplet(id: number, signal: AbortSignal): Promise<CloudDroplet | undefined> {
    const doing = `tell of droplet ${id}`;
    return absentAsUndefined(
      this.#call({ operation: 'getDroplet', method: 'GET', doing, dropletId: id }, signal, () =>
        told(this.#deps.account.get(id)),
      ),
    );
  }

  async createDroplet(request: CreateDroplet, signal: AbortSignal): Promise<CloudDroplet> {
    const { name, ...shared } = request;
    const [made] = await this.#create(
      { ...shared, names: [name] },
      `create droplet ${name}`,
      signal,
    );
    return made as CloudDroplet;
  }

  createDroplets(request: CreateDroplets, signal: AbortSignal): Promise<readonly CloudDroplet[]> {
    return this.#create(request, `create droplets ${request.names.join(', ')}`, signal);
  }

  #create(
    { names, template, tags, userData, notAfter }: CreateDroplets,
    doing: string,
    signal: AbortSignal,
  ): Promise<readonly CloudDroplet[]> {
    const call: Call = { operation: 'createDroplet', method: 'POST', doing, names, notAfter };
    return this.#call(call, signal, (struck) => {
      const { account, onCreated } = this.#deps;
      mustBeTaken(names, userData);
      const before = new Set(account.living());
      const made = account.create(
        {
          names: has(struck, 'partial-create') ? names.slice(0, 1) : names,
          ...findPlace(template.region, template.size, template.image),
          tags,
          userData,
          publicKeys: [],
          features: [],
          vpcUuid: undefined,
        },
        struck.births,
      );
      const asked = new Set(made);
      for (const droplet of account.living()) {
        if (!before.has(droplet))
          onCreated?.(droplet, struck.isLate || !asked.has(droplet) ? 'late' : 'asked');
      }
      // The answer to a create names the tags that were asked for; reads show them later.
      return made.map((droplet) => ({ ...told(droplet), tags }));
    });
  }

  async deleteDroplet(id: number, signal: AbortSignal): Promise<'accepted' | 'absent'> {
    const doing = `delete droplet ${id}`;
    const call: Call = { operation: 'deleteDroplet', method: 'DELETE', doing, dropletId: id };
    const answer = await absentAsUndefined(
      this.#call(call, signal, (struck) => {
        const { account, onDelete } = this.#deps;
        const slow = struck.calls.find((fault) => fault.kind === 'delete-slow');
        const droplet = account.get(id);
        account.delete(id, { ignored: has(struck, 'delete-ignored'), slowMs: slow?.ms });
        onDelete?.(droplet);
        return 'accepted' as const;
      }),
    );
    return answer ?? 'absent';
  }

  async act(id: number, action: DropletAction, signal: AbortSignal): Promise<void> {
    const doing = `${action} droplet ${id}`;
    const call: Call = { operation: 'actOnDroplet', method: 'POST', doing, dropletId: id };
    await this.#call(call, signal, () => this.#deps.account.act(id, action));
  }

  sizePrices(signal: AbortSignal): Promise<Prices> {
    const call: Call = { operation: 'listSizes', method: 'GET', doing: 'list the sizes' };
    return this.#call(call, signal, () =>
      Object.fromEntries(
        SIZES.map(({ slug, price_hourly, price_monthly }) => [
          slug,
          { usdPerHour: price_hourly, usdPerMonth: price_monthly },
        ]),
      ),
    );
  }

  async rename(id: number, name: string, signal: AbortSignal): Promise<void> {
    const doing = `rename droplet ${id} to ${name}`;
    const call: Call = { operation: 'actOnDroplet', method: 'POST', doing, dropletId: id };
    await this.#call(call, signal, () => this.#deps.account.act(id, 'rename', name));
  }

  dropletLimit(signal: AbortSignal): Promise<number> {
    const call: Call = { operation: 'getAccount', method: 'GET', doing: 'tell of the account' };
    return this.#call(call, signal, () => this.#deps.account.options.dropletLimit);
  }

  /** One request with its way there, its work, and its way back; each may go wrong. */
  async #call<T>(call: Call, signal: AbortSignal, work: (struck: Struck) => T): Promise<T> {
    const { account, clock, faults } = this.#deps;
    if (signal.aborted) throw noAnswer('try-again', call, 'the caller gave up before');
    await this.#takeFromBudget(call);
    if (clock.now() > (call.notAfter ?? Number.POSITIVE_INFINITY)) {
      throw noAnswer('try-again', call, TOO_LATE);
    }
    account.ledger.arrived(clock.now());
    const struck = faults.strike({
      operation: call.operation,
      creates: call.operation === 'createDroplet',
      names: call.names ?? [],
      dropletId: call.dropletId,
    });
    const calls = struck.filter((fault) => !isBirthFault(fault)) as CallFault[];
    const births = struck.filter(isBirthFault);
    const run = (isLate: boolean): T => {
      try {
        return work({ calls, births, isLate });
      } catch (error) {
        throw error instanceof Refusal ? this.#refused(error, call) : error;
      }
    };

    await this.#travel(signal);
    if (signal.aborted) return this.#late(call, run, 0);
    for (const fault of calls) {
      switch (fault.kind) {
        case 'reset':
          throw unknown(call, 'the connection was reset');
        case 'lose-response':
          run(false);
          throw unknown(call, 'the connection broke');
        case 'error':
          if (fault.committed) run(false);
          throw unknown(call, `it answered HTTP ${fault.status}`);
        case 'delay':
          if (fault.when === 'before' && fault.ms >= DEADLINE_MS) {
            void this.#late(call, run, fault.ms).catch(() => undefined);
            await clock.sleep(DEADLINE_MS, signal);
            throw unknown(call, 'there was no whole answer within 30 s');
          }
          await clock.sleep(fault.ms, signal);
          break;
        case 'rate-limited': {
          const ms = (fault.retryAfterSeconds ?? fault.resetSeconds) * 1000 || RATE_LIMIT_MS;
          throw new CloudError('rate-limited', `Asked to ${call.doing}: too many requests.`, {
            status: 429,
            retryAt: clock.now() + ms,
          });
        }
        case 'unauthorized':
          throw this.#refused(new Refusal(401, 'Unable to authenticate you'), call);
        case 'quota':
          throw this.#refused(overQuota(), call);
        case 'unavailable':
          throw this.#refused(new Refusal(422, 'Size is not available in this region.'), call);
        case 'try-again':
          throw this.#refused(new Refusal(422, 'Something went wrong, please try again.'), call);
        case 'pending-event':
          throw this.#refused(pendingEvent(), call);
        case 'delete-ignored':
        case 'delete-slow':
        case 'page-miss':
        case 'partial-create':
          break;
      }
    }
    const result = run(false);
    await this.#travel(signal);
    if (signal.aborted) throw unknown(call, 'the caller gave up waiting');
    return result;
  }

  async #takeFromBudget(call: Call): Promise<void> {
    const grant = await this.#deps.budget?.take(priorityOf(call));
    if (!grant || grant.granted) return;
    const why = `DigitalOcean was not asked to ${call.doing}: the token's request budget is spent.`;
    throw new CloudError('rate-limited', why, { retryAt: grant.retryAt });
  }

  /** The caller has gone, and the work is done all the same. */
  async #late<T>(call: Call, run: (isLate: boolean) => T, ms: number): Promise<T> {
    await this.#deps.clock.sleep(ms);
    run(true);
    throw unknown(call, 'the caller gave up waiting');
  }

  #travel(signal: AbortSignal): Promise<void> {
    const most = this.#deps.latencyMs ?? LATENCY_MS;
    return this.#deps.clock.sleep(Math.ceil(most * this.#deps.random()), signal);
  }

  #refused({ status, message }: Refusal, call: Call): CloudError {
    const error = verdict({ status, body: { id: 'refused', message } }, call, [], undefined);
    return error ?? unknown(call, message);
  }
}

/** What DigitalOcean takes as a name, and how much user_data. */
function mustBeTaken(names: readonly string[], userData: string): void {
  if (!names.every((name) => /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(name))) {
    throw new Refusal(422, 'Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)');
  }
  if (names.length > MAX_NAMES) throw new Refusal(422, 'At most 10 droplets at once.');
  if (Buffer.byteLength(userData) > 65_536) throw new Refusal(422, 'User data exceeds 64 KiB.');
}

/** A record as the API shows it now. */
function told(droplet: DropletRecord): CloudDroplet {
  return {
    id: droplet.id,
    name: droplet.name,
    state: droplet.status,
    ...(droplet.addressShown && droplet.address !== undefined ? { ip: droplet.address } : {}),
    tags: droplet.tags,
    createdAt: new Date(droplet.createdAt).toISOString(),
    region: droplet.region.slug,
    size: droplet.size.slug,
  };
}

const priorityOf = ({ method }: Call): Priority =>
  method === 'DELETE' ? 'delete' : method === 'POST' ? 'create' : 'read';

const has = (struck: Struck, kind: CallFault['kind']): boolean =>
  struck.calls.some((fault) => fault.kind === kind);

const unknown = (call: Call, why: string): CloudError => noAnswer('outcome-unknown', call, why);

async function absentAsUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError && error.status === 404) return undefined;
    throw error;
  }
}
