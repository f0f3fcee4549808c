import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { DigitalOcean } from '../../src/cloud/digitalocean.ts';
import { type HttpStub, type StubRequest, startHttpStub, wireDroplet } from '../twins/http-stub.ts';
import { unlimitedBudget } from '../twins/unlimited-budget.ts';

const live = () => new AbortController().signal;
let stub: HttpStub;
let cloud: DigitalOcean;
beforeEach(async () => {
  stub = await startHttpStub();
  cloud = new DigitalOcean({
    url: stub.url,
    token: 't',
    budget: unlimitedBudget,
    clock: systemClock,
  });
});
afterEach(async () => {
  cloud.close();
  await stub.close();
});

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Answers the page that is asked for out of these ids. */
function answerPage({ query, json }: StubRequest, account: readonly number[], total?: number) {
  const size = Number(query.get('per_page'));
  const page = Number(query.get('page'));
  const shown = account.slice((page - 1) * size, page * size);
  json(200, {
    droplets: shown.map((id) => wireDroplet(id)),
    links: {},
    meta: { total: total ?? account.length },
  });
}

describe('DigitalOcean.sizePrices', () => {
  it('takes no list for an answer that has fewer than it counts, when none is the one', async () => {
    stub.answer = ({ json }) => json(200, { droplets: [], links: {}, meta: { total: 1 } });
    await expect(cloud.findByName('bot-1', live())).rejects.toMatchObject({
      kind: 'outcome-unknown',
      message: expect.stringContaining('asked again'),
    });
  });

  it('reads all pages', async () => {
    stub.answer = ({ query, json }) => {
      const page = Number(query.get('page'));
      const slugs = ids(1, 250).slice((page - 1) * 200, page * 200);
      const sizes = slugs.map((id) => ({
        slug: `s-${id}`,
        price_hourly: id,
        price_monthly: 2 * id,
      }));
      json(200, { sizes, links: {}, meta: { total: 250 } });
    };
    const prices = await cloud.sizePrices(live());
    expect(Object.keys(prices)).toHaveLength(250);
    expect(prices['s-250']).toEqual({ usdPerHour: 250, usdPerMonth: 500 });
    expect(stub.requests).toHaveLength(2);
  });
});

describe('DigitalOcean.listDroplets', () => {
  it('gives the whole account, 200 a page', async () => {
    stub.answer = (request) => answerPage(request, ids(1, 1234));
    const droplets = await cloud.listDroplets(live());
    expect(droplets.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids(1, 1234));
    expect(stub.requests).toHaveLength(7);
    expect(new Set(stub.requests.map(({ query }) => query.get('per_page')))).toEqual(
      new Set(['200']),
    );
  });

  it('an empty account is an empty list', async () => {
    stub.answer = (request) => answerPage(request, []);
    expect(await cloud.listDroplets(live())).toEqual([]);
    expect(stub.requests).toHaveLength(1);
  });

  it('reads a droplet in our words, and picks the public address by its type', async () => {
    stub.answer = (request) => answerPage(request, [7]);
    expect(await cloud.listDroplets(live())).toEqual([
      {
        id: 7,
        name: 'bot-7',
        state: 'active',
        ip: '203.0.113.9',
        tags: ['orquesta'],
        createdAt: '2026-11-23T10:00:00Z',
        region: 'sfo3',
        size: 's-1vcpu-512mb-10gb',
      },
    ]);
  });

  it('takes a newborn without an address, tags or networks', async () => {
    for (const networks of [{}, null, { v4: [] }, { v4: [{ type: 'public', ip_address: null }] }]) {
      const newborn = wireDroplet(7, { status: 'new', networks, tags: null });
      stub.answer = ({ json }) => json(200, { droplets: [newborn], meta: { total: 1 } });
      expect(await cloud.listDroplets(live())).toMatchObject([
        { state: 'new', ip: undefined, tags: [] },
      ]);
    }
  });

  it('lists again when the account changed between two pages', async () => {
    let account = ids(1, 401);
    stub.answer = (request) => {
      answerPage(request, account);
      // One goes after the first page was read: all others move up, and one is missed.
      if (stub.requests.length === 1) account = ids(2, 401);
    };
    const droplets = await cloud.listDroplets(live());
    expect(droplets.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids(2, 401));
  });

  it('lists again when it saw one twice and so another not at all', async () => {
    let isShifted = true;
    stub.answer = (request) => {
      const account =
        isShifted && request.query.get('page') === '2' ? [200, ...ids(201, 249)] : ids(1, 250);
      if (request.query.get('page') === '2') {
        request.json(200, {
          droplets: (isShifted ? account : ids(201, 250)).map((id) => wireDroplet(id)),
          meta: { total: 250 },
        });
        isShifted = false;
      } else answerPage(request, account);
    };
    expect(await cloud.listDroplets(live())).toHaveLength(250);
    expect(stub.requests).toHaveLength(4);
  });

  it('gives all that it saw in three listings when the account never stands still', async () => {
    stub.answer = (request) => answerPage(request, [stub.requests.length, 10], 4);
    const droplets = await cloud.listDroplets(live());
    expect(stub.requests).toHaveLength(3);
    expect(droplets.map(({ id }) => id).sort((a, b) => a - b)).toEqual([1, 2, 3, 10]);
  });

  /** Grants so many requests, then makes each wait so long. */
  const cloudThatWaits = (granted: number, waitMs: number) => {
    let left = granted;
    const take = async () => {
      if (left-- > 0) return { granted: true } as const;
      left = 1;
      return { granted: false, retryAt: Date.now() + waitMs } as const;
    };
    return new DigitalOcean({
      url: stub.url,
      token: 't',
      budget: { ...unlimitedBudget, take },
      clock: systemClock,
    });
  };

  it('waits for the budget with what it has read: to begin again would spend more of it', async () => {
    stub.answer = (request) => answerPage(request, ids(1, 1234));
    const droplets = await cloudThatWaits(3, 20).listDroplets(live());
    expect(droplets).toHaveLength(1234);
    expect(stub.requests).toHaveLength(7);
  });

  it.each([
    ['its first page has to wait', 0, 20],
    ['a further one has to wait for long', 3, 60_000],
  ])('says when to come again where %s', async (_, granted, waitMs) => {
    stub.answer = (request) => answerPage(request, ids(1, 1234));
    await expect(cloudThatWaits(granted, waitMs).listDroplets(live())).rejects.toMatchObject({
      kind: 'rate-limited',
      retryAt: expect.any(Number),
    });
  });

  it('waits for the budget no longer than whoever asks', async () => {
    stub.answer = (request) => answerPage(request, ids(1, 1234));
    const cloud = cloudThatWaits(3, 5_000);
    // Not that DigitalOcean gave no answer: it was not asked.
    await expect(cloud.listDroplets(AbortSignal.timeout(50))).rejects.toMatchObject({
      kind: 'rate-limited',
    });
  });

  it('one page that fails is no list at all', async () => {
    stub.answer = (request) => {
      if (request.query.get('page') === '3') request.response.writeHead(502).end('<html>');
      else answerPage(request, ids(1, 900));
    };
    await expect(cloud.listDroplets(live())).rejects.toMatchObject({
      kind: 'outcome-unknown',
      status: 502,
    });
  });

  it('one droplet that cannot be read is no list at all', async () => {
    for (const broken of [{ id: 'x' }, { status: 'sleeping' }, { networks: 5 }]) {
      stub.answer = ({ json }) =>
        json(200, { droplets: [wireDroplet(1), wireDroplet(2, broken)], meta: { total: 2 } });
      await expect(cloud.listDroplets(live())).rejects.toMatchObject({ kind: 'outcome-unknown' });
    }
  });
});

describe('a list that tells less of its pages than is documented', () => {
  const links = (page: number, last: number) => {
    const to = (number: number) => `https://api.example.com/v2/droplets?per_page=9&page=${number}`;
    return { pages: page < last ? { next: to(page + 1), last: to(last) } : { first: to(1) } };
  };
  /** An account of 30 in pages of 9, whatever was asked for. */
  const shortPages = ({ query, json }: StubRequest, also: (page: number) => object) => {
    const page = Number(query.get('page'));
    const shown = ids(1, 30).slice((page - 1) * 9, page * 9);
    json(200, { droplets: shown.map((id) => wireDroplet(id)), ...also(page) });
  };

  it.each<[string, (page: number) => object]>([
    ['in pages shorter than asked for', (page) => ({ meta: { total: 30 }, links: links(page, 4) })],
    ['without meta', (page) => ({ links: links(page, 4) })],
    ['without a count', (page) => ({ meta: {}, links: links(page, 4) })],
    [
      'without meta and the last page',
      (page) => ({ links: { pages: { next: links(page, 4).pages.next } } }),
    ],
  ])('is read whole %s', async (_what, also) => {
    stub.answer = (request) => shortPages(request, also);
    const droplets = await cloud.listDroplets(live());
    expect(droplets.map(({ id }) => id)).toEqual(ids(1, 30));
    expect(stub.requests).toHaveLength(4);
  });

  it('is read whole without links, by its count alone', async () => {
    stub.answer = ({ query, json }) => {
      const page = Number(query.get('page'));
      const shown = ids(1, 90).slice((page - 1) * 20, page * 20);
      json(200, { droplets: shown.map((id) => wireDroplet(id)), meta: { total: 90 } });
    };
    expect(await cloud.listDroplets(live())).toHaveLength(90);
    expect(stub.requests).toHaveLength(5);
  });

  it('is read to its first page that is not full without either', async () => {
    stub.answer = ({ query, json }) => {
      const page = Number(query.get('page'));
      const shown = ids(1, 400).slice((page - 1) * 200, page * 200);
      json(200, { droplets: shown.map((id) => wireDroplet(id)) });
    };
    expect(await cloud.listDroplets(live())).toHaveLength(400);
    expect(stub.requests).toHaveLength(3);
  });

  it('is an answer to a look by name', async () => {
    stub.answer = ({ json }) => json(200, { droplets: [] });
    expect(await cloud.findByName('bot-1', live())).toEqual([]);
  });
});

describe('DigitalOcean.findByName', () => {
  it('asks for the name, encoded, and believes only an exact one in any case', async () => {
    const names = ['Bot-1', 'bot-1', 'bot-11', 'a&page=9 ü'];
    stub.answer = ({ json }) =>
      json(200, {
        droplets: names.map((name, i) => wireDroplet(i + 1, { name })),
        meta: { total: names.length },
      });
    expect((await cloud.findByName('BOT-1', live())).map(({ id }) => id)).toEqual([1, 2]);
    expect((await cloud.findByName('a&page=9 ü', live())).map(({ id }) => id)).toEqual([4]);
    expect(stub.requests[1]?.query.get('name')).toBe('a&page=9 ü');
    expect(stub.requests[1]?.query.get('page')).toBe('1');
  });

  it('reads all pages', async () => {
    stub.answer = ({ query, json }) => {
      const from = (Number(query.get('page')) - 1) * 200;
      const droplets = ids(from + 1, Math.min(from + 200, 201)).map((id) =>
        wireDroplet(id, { name: 'same' }),
      );
      json(200, { droplets, meta: { total: 201 } });
    };
    expect(await cloud.findByName('same', live())).toHaveLength(201);
  });
});

describe('DigitalOcean.getDroplet and deleteDroplet', () => {
  it('404 is an answer of its own', async () => {
    stub.answer = ({ json }) => json(404, { id: 'not_found', message: 'not found' });
    expect(await cloud.getDroplet(7, live())).toBeUndefined();
    expect(await cloud.deleteDroplet(7, live())).toBe('absent');
  });

  it('a delete has no body, and is only accepted', async () => {
    stub.answer = ({ response }) => response.writeHead(204).end();
    expect(await cloud.deleteDroplet(7, live())).toBe('accepted');
    expect(stub.requests[0]).toMatchObject({ method: 'DELETE', path: '/v2/droplets/7' });
  });
});
