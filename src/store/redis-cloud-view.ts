import type { Redis } from 'ioredis';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { Price, Prices } from '../resources/price.ts';
import type {
  AccountFull,
  CloudAccess,
  CloudView,
  Found,
  OrphanSuspects,
  Sweep,
  SweepDiff,
} from './cloud-view.ts';
import { byId, diffOf, type FindDroplets, searchTerms } from './droplet-terms.ts';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered } from './redis.ts';
import { Script } from './script.ts';

/** Lists show a droplet for some seconds after it is gone; this is longer than any listing can be late. */
const GONE_FOR_MS = 3_600_000;

export interface RedisCloudViewDeps {
  readonly redis: Redis;
  readonly prefix: string;
  /** Makes the cluster id, once: letters, digits, "-", "_" and ":" only, for it becomes part of a DigitalOcean tag. */
  readonly newId: () => string;
}

export class RedisCloudView implements CloudView {
  readonly #redis: Redis;
  readonly #keys: StoreKeys;
  readonly #newId: () => string;
  readonly #recordScript = new Script('./record-sweep.lua');
  readonly #findScript = new Script('./find-droplets.lua');
  readonly #forgetScript = new Script('./forget-droplet.lua');
  readonly #swapScript = new Script('./swap.lua');

  constructor(deps: RedisCloudViewDeps) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#newId = deps.newId;
  }

  async record(sweep: Sweep, droplets: readonly CloudDroplet[]): Promise<SweepDiff> {
    // A listing of pages may show one droplet twice; what it said last counts.
    const seen = new Map(droplets.map((droplet) => [droplet.id, droplet]));
    const { sweep: sweepKey, droplets: dropletsKey, dropletIndex, gone } = this.#keys;
    const [changed, missing] = (await answered('record a sweep', () =>
      this.#recordScript.run(
        this.#redis,
        [sweepKey, dropletsKey, dropletIndex, gone],
        [
          sweep.startedAt,
          JSON.stringify(sweep),
          ...[...seen.values()].flatMap((droplet) => [droplet.id, JSON.stringify(droplet)]),
        ],
      ),
    )) as [readonly string[], readonly string[]];
    const before = new Map<number, CloudDroplet>();
    const differing: CloudDroplet[] = [];
    for (let i = 0; i < changed.length; i += 2) {
      const id = Number(changed[i]);
      const [now, past] = [seen.get(id), changed[i + 1]];
      if (now !== undefined) differing.push(now);
      if (past) before.set(id, parse(past));
    }
    return diffOf(before, differing, missing.map(parse));
  }

  async lastSweep(): Promise<Sweep | undefined> {
    const text = await answered('tell of the last sweep', () => this.#redis.get(this.#keys.sweep));
    return text === null ? undefined : (JSON.parse(text) as Sweep);
  }

  async find(what: FindDroplets): Promise<Found> {
    const { sweep, droplets, dropletIndex, access, full } = this.#keys;
    const [sweepText, found, accessText, fullText] = (await answered('find droplets', () =>
      this.#findScript.run(
        this.#redis,
        [sweep, droplets, dropletIndex, access, full],
        [what.id ?? '', ...searchTerms(what)],
      ),
    )) as [string, readonly string[], string, string];
    return {
      sweep: parseIfAny<Sweep>(sweepText),
      droplets: found.map(parse).sort(byId),
      access: parseIfAny<CloudAccess>(accessText),
      full: parseIfAny<AccountFull>(fullText),
    };
  }

  async all(): Promise<readonly CloudDroplet[]> {
    const values = await answered('list droplets', () => this.#redis.hvals(this.#keys.droplets));
    return values.map(parse).sort(byId);
  }

  async forget(id: number, now: number): Promise<void> {
    const { droplets, dropletIndex, gone } = this.#keys;
    await answered('forget a droplet', () =>
      this.#forgetScript.run(
        this.#redis,
        [droplets, dropletIndex, gone],
        [id, now, now - GONE_FOR_MS, GONE_FOR_MS],
      ),
    );
  }

  async access(): Promise<CloudAccess | undefined> {
    const text = await answered('tell of the cloud access', () =>
      this.#redis.get(this.#keys.access),
    );
    return text === null ? undefined : (JSON.parse(text) as CloudAccess);
  }

  async setAccess(access: CloudAccess, known: CloudAccess | undefined): Promise<boolean> {
    return this.#swap('note the cloud access', this.#keys.access, known, access);
  }

  async full(): Promise<AccountFull | undefined> {
    const text = await answered('tell whether the account is full', () =>
      this.#redis.get(this.#keys.full),
    );
    return text === null ? undefined : (JSON.parse(text) as AccountFull);
  }

  async setFull(full: AccountFull | undefined, known: AccountFull | undefined): Promise<boolean> {
    return this.#swap('note whether the account is full', this.#keys.full, known, full);
  }

  async suspects(): Promise<OrphanSuspects | undefined> {
    const text = await answered('tell of suspected orphans', () =>
      this.#redis.get(this.#keys.suspects),
    );
    return text === null ? undefined : (JSON.parse(text) as OrphanSuspects);
  }

  async setSuspects(suspects: OrphanSuspects): Promise<void> {
    await answered('note suspected orphans', () =>
      this.#redis.set(this.#keys.suspects, JSON.stringify(suspects)),
    );
  }

  async prices(): Promise<{ readonly prices: Prices; readonly askedAt: number } | undefined> {
    const { [ASKED_AT]: askedAt, ...sizes } = await answered('tell what sizes cost', () =>
      this.#redis.hgetall(this.#keys.prices),
    );
    if (askedAt === undefined) return undefined;
    const prices = Object.entries(sizes).map(([slug, text]) => [slug, JSON.parse(text) as Price]);
    return { prices: Object.fromEntries(prices) as Prices, askedAt: Number(askedAt) };
  }

  async setPrices(prices: Prices, askedAt: number): Promise<void> {
    const sizes = Object.entries(prices).map(([slug, price]) => [slug, JSON.stringify(price)]);
    await answered('note what sizes cost', () =>
      this.#redis.hset(this.#keys.prices, {
        ...Object.fromEntries(sizes),
        [ASKED_AT]: String(askedAt),
      }),
    );
  }

  async #swap(doing: string, key: string, known: unknown, now: unknown): Promise<boolean> {
    const text = (value: unknown) => (value === undefined ? '' : JSON.stringify(value));
    const isSwapped = await answered(doing, () =>
      this.#swapScript.run(this.#redis, [key], [text(known), text(now)]),
    );
    return isSwapped === 1;
  }

  async clusterId(): Promise<string> {
    return answered('tell the cluster id', async () => {
      const known = await this.#redis.get(this.#keys.clusterId);
      if (known !== null) return known;
      await this.#redis.setnx(this.#keys.clusterId, this.#newId());
      const made = await this.#redis.get(this.#keys.clusterId);
      if (made === null) throw new Error('the cluster id was removed as it was made');
      return made;
    });
  }
}

/** No size has this for a slug. */
const ASKED_AT = '';

const parseIfAny = <T>(text: string): T | undefined =>
  text === '' ? undefined : (JSON.parse(text) as T);

const parse = (text: string): CloudDroplet => JSON.parse(text) as CloudDroplet;
