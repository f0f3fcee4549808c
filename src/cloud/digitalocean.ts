import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { Price, Prices } from '../resources/price.ts';
import type { Cloud, CreateDroplet, CreateDroplets, DropletAction } from './cloud.ts';
import { CloudError } from './cloud.ts';
import { type DigitalOceanDeps, DigitalOceanHttp, type Request } from './digitalocean-http.ts';
import { PAGE_SIZE, readPages } from './pages.ts';
import { type Answer, type Asked, noAnswer } from './verdict.ts';
import {
  accountAnswer,
  actionAnswer,
  createBody,
  dropletAnswer,
  dropletPage,
  dropletsAnswer,
  sizePage,
} from './wire.ts';

export type { DigitalOceanDeps } from './digitalocean-http.ts';

const LIST_TRIES = 3;
/** Some pages of a large account wait for the budget one after another; a spent hour is not waited out. */
const PAGE_PATIENCE_MS = 10_000;

/** DigitalOcean's API v2 (reference: docs.digitalocean.com/reference/api). */
export class DigitalOcean implements Cloud {
  readonly #http: DigitalOceanHttp;
  readonly #clock: Clock;

  constructor(deps: DigitalOceanDeps) {
    this.#clock = deps.clock;
    this.#http = new DigitalOceanHttp(deps);
  }

  async listDroplets(signal: AbortSignal): Promise<readonly CloudDroplet[]> {
    return (await this.#listAll({}, 'list the droplets', signal)).droplets;
  }

  async findByName(name: string, signal: AbortSignal): Promise<readonly CloudDroplet[]> {
    const doing = `look up droplets named ${told(name)}`;
    const { droplets, isSettled } = await this.#listAll({ name }, doing, signal);
    const wanted = name.toLowerCase();
    const found = droplets.filter((droplet) => droplet.name.toLowerCase() === wanted);
    // Fewer than it counts itself: the one that is looked for may be the one that is missing.
    if (found.length === 0 && !isSettled) {
      throw noAnswer('outcome-unknown', { method: 'GET', doing }, 'its list lacks some of them');
    }
    return found;
  }

  async getDroplet(id: number, signal: AbortSignal): Promise<CloudDroplet | undefined> {
    const request: Request = {
      method: 'GET',
      path: `droplets/${id}`,
      priority: 'read',
      doing: `tell of droplet ${id}`,
    };
    const answer = await absentAs404(this.#http.ask(request, signal));
    return answer && read(answer, dropletAnswer, request).droplet;
  }

  async createDroplet(wanted: CreateDroplet, signal: AbortSignal): Promise<CloudDroplet> {
    const request: Request = {
      method: 'POST',
      path: 'droplets',
      body: createBody(wanted),
      priority: 'create',
      doing: `create droplet ${told(wanted.name)}`,
      userData: wanted.userData,
      notAfter: wanted.notAfter,
    };
    return read(await this.#http.ask(request, signal), dropletAnswer, request).droplet;
  }

  async createDroplets(
    wanted: CreateDroplets,
    signal: AbortSignal,
  ): Promise<readonly CloudDroplet[]> {
    const [first = '', ...others] = wanted.names;
    const request: Request = {
      method: 'POST',
      path: 'droplets',
      body: createBody(wanted),
      priority: 'create',
      doing: `create droplet ${told(first)}${others.length > 0 ? ` and ${others.length} more` : ''}`,
      userData: wanted.userData,
      notAfter: wanted.notAfter,
    };
    return read(await this.#http.ask(request, signal), dropletsAnswer, request).droplets;
  }

  async deleteDroplet(id: number, signal: AbortSignal): Promise<'accepted' | 'absent'> {
    const request: Request = {
      method: 'DELETE',
      path: `droplets/${id}`,
      priority: 'delete',
      doing: `delete droplet ${id}`,
    };
    return (await absentAs404(this.#http.ask(request, signal))) ? 'accepted' : 'absent';
  }

  async act(id: number, action: DropletAction, signal: AbortSignal): Promise<void> {
    const request: Request = {
      method: 'POST',
      path: `droplets/${id}/actions`,
      body: { type: action },
      priority: 'create',
      doing: `${action} droplet ${id}`,
    };
    read(await this.#http.ask(request, signal), actionAnswer, request);
  }

  async rename(id: number, name: string, signal: AbortSignal): Promise<void> {
    const request: Request = {
      method: 'POST',
      path: `droplets/${id}/actions`,
      body: { type: 'rename', name },
      priority: 'create',
      doing: `rename droplet ${id} to ${told(name)}`,
    };
    read(await this.#http.ask(request, signal), actionAnswer, request);
  }

  async sizePrices(signal: AbortSignal): Promise<Prices> {
    const prices = new Map<string, Price>();
    const { items } = await readPages(async (page) => {
      const request: Request = {
        method: 'GET',
        path: 'sizes',
        query: { page, per_page: PAGE_SIZE },
        priority: 'read',
        doing: 'list the sizes',
      };
      return read(await this.#http.ask(request, signal), sizePage, request);
    });
    for (const { slug, price_hourly, price_monthly } of items) {
      prices.set(slug, { usdPerHour: price_hourly, usdPerMonth: price_monthly });
    }
    return Object.fromEntries(prices);
  }

  async dropletLimit(signal: AbortSignal): Promise<number> {
    const request: Request = {
      method: 'GET',
      path: 'account',
      priority: 'read',
      doing: 'tell of the account',
    };
    return read(await this.#http.ask(request, signal), accountAnswer, request).account
      .droplet_limit;
  }

  /** Closes idle connections. */
  close(): void {
    this.#http.close();
  }

  /**
   * Pages are by offset, so droplets that come or go meanwhile shift others between them, and one may be missed: the
   * account is listed again until the count stands still. One that never does, as during a bulk of creates, gives all that
   * was seen in any of the listings; absence from a list proves nothing to those who ask anyway.
   */
  async #listAll(
    query: Request['query'],
    doing: string,
    signal: AbortSignal,
  ): Promise<{ readonly droplets: readonly CloudDroplet[]; readonly isSettled: boolean }> {
    const seen = new Map<number, CloudDroplet>();
    for (let tries = 0; tries < LIST_TRIES; tries++) {
      const { droplets, isSettled } = await this.#listOnce(query, doing, signal);
      for (const droplet of droplets) seen.set(droplet.id, droplet);
      if (isSettled) return { droplets, isSettled };
    }
    return { droplets: [...seen.values()], isSettled: false };
  }

  /** Waits for the budget, for what was read already is of no use without the rest, and was paid for. */
  async #waitFor(request: Request, signal: AbortSignal): Promise<Answer> {
    for (;;) {
      try {
        return await this.#http.ask(request, signal);
      } catch (error) {
        if (!(error instanceof CloudError) || error.kind !== 'rate-limited') throw error;
        const waitMs = (error.retryAt ?? Infinity) - this.#clock.now();
        // A 429 stands for everybody, and is told.
        if (error.status !== undefined || waitMs > PAGE_PATIENCE_MS) throw error;
        await this.#clock.sleep(waitMs, signal);
        if (signal.aborted) throw error;
      }
    }
  }

  /** Not settled: the account changed meanwhile. */
  async #listOnce(
    query: Request['query'],
    doing: string,
    signal: AbortSignal,
  ): Promise<{ readonly droplets: readonly CloudDroplet[]; readonly isSettled: boolean }> {
    const others = new AbortController();
    const both = AbortSignal.any([signal, others.signal]);
    const { items, isSteady, total } = await readPages(
      async (page) => {
        const request: Request = {
          method: 'GET',
          path: 'droplets',
          query: { ...query, page, per_page: PAGE_SIZE },
          priority: 'read',
          doing,
        };
        const asked = page === 1 ? this.#http.ask(request, both) : this.#waitFor(request, both);
        return read(await asked, dropletPage, request);
      },
      () => others.abort(),
    );
    const byId = new Map(items.map((droplet) => [droplet.id, droplet]));
    return { droplets: [...byId.values()], isSettled: isSteady && byId.size >= total };
  }
}

async function absentAs404(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError && error.kind === 'refused' && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}

function read<T extends z.ZodType>(answer: Answer, schema: T, asked: Asked): z.output<T> {
  const result = schema.safeParse(answer.body);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join('.') || 'its body';
  const why = `its answer (HTTP ${answer.status}) is not of the documented shape at ${where}`;
  throw noAnswer('outcome-unknown', asked, why);
}

/** A name in a message: in quotes, and capped, since it may come from a user. */
const told = (name: string): string => JSON.stringify(name.slice(0, 255));
