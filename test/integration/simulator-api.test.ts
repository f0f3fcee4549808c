import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/simulator/faults.ts';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/simulator.ts';
import { findMismatches, type OpenApi } from './simulator-openapi.ts';

/** The provider's own description, where somebody has put it. */
const descriptionFile =
  process.env['DIGITALOCEAN_OPENAPI_FILE'] ?? '../shared/reference/digitalocean-openapi.json';
const description = existsSync(descriptionFile)
  ? (JSON.parse(readFileSync(descriptionFile, 'utf8')) as OpenApi)
  : undefined;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

async function simulator(options: Partial<SimulatorOptions> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'orquesta-simulator-'));
  const instant = { least: 0, most: 0 };
  const started = await startSimulator({
    dataDir,
    light: true,
    account: {
      bootMs: instant,
      addressLeadMs: instant,
      tagLagMs: instant,
      listLagMs: instant,
      actionMs: instant,
      deleteMs: instant,
    },
    ...options,
  });
  cleanups.push(async () => {
    await started.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { ...started, call: caller(started) };
}

function caller(started: Simulator) {
  return async (method: string, path: string, body?: unknown, token = 'any'): Promise<Reply> => {
    const response = await fetch(started.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  };
}

const aDroplet = (name: string) => ({
  name,
  region: 'sfo3',
  size: 's-1vcpu-512mb-10gb',
  image: 'ubuntu-24-04-x64',
  tags: ['orquesta', 'orquesta-uid:1'],
  user_data: '#cloud-config\n',
});

describe('answers', () => {
  it.skipIf(description === undefined)(
    'have the shapes of the official description, in every call (skipped where digitalocean-openapi.json is not there; see DIGITALOCEAN_OPENAPI_FILE)',
    async () => {
      const { call } = await simulator();
      const problems: string[] = [];
      const check = async (method: string, path: string, template: string, body?: unknown) => {
        const reply = await call(method, path, body);
        const place = `${method} ${template}`;
        if (description === undefined) return reply;
        problems.push(
          ...findMismatches(description, method, template, reply).map(
            (each) => `${place}: ${each}`,
          ),
        );
        return reply;
      };
      const created = await check('POST', '/v2/droplets', '/v2/droplets', aDroplet('a'));
      expect(created.status).toBe(202);
      const { id } = created.body.droplet;
      const many = { ...aDroplet(''), name: undefined, names: ['b', 'c'] };
      expect(
        (await check('POST', '/v2/droplets', '/v2/droplets', many)).body.droplets,
      ).toHaveLength(2);
      await check('GET', `/v2/droplets/${id}`, '/v2/droplets/{droplet_id}');
      await check('GET', '/v2/droplets', '/v2/droplets');
      await check('GET', '/v2/droplets?per_page=1&page=2', '/v2/droplets');
      await check('GET', '/v2/droplets?tag_name=orquesta', '/v2/droplets');
      const acted = await check(
        'POST',
        `/v2/droplets/${id}/actions`,
        '/v2/droplets/{droplet_id}/actions',
        { type: 'reboot' },
      );
      await check('GET', `/v2/droplets/${id}/actions`, '/v2/droplets/{droplet_id}/actions');
      await check('GET', `/v2/actions/${acted.body.action.id}`, '/v2/actions/{action_id}');
      await check('GET', '/v2/account', '/v2/account');
      const key = {
        name: 'k',
        public_key: `ssh-ed25519 ${Buffer.from('key').toString('base64')} me`,
      };
      await check('POST', '/v2/account/keys', '/v2/account/keys', key);
      await check('GET', '/v2/account/keys', '/v2/account/keys');
      await check('GET', '/v2/regions', '/v2/regions');
      await check('GET', '/v2/sizes', '/v2/sizes');
      await check('GET', '/v2/images', '/v2/images');
      await check('GET', '/v2/images/ubuntu-24-04-x64', '/v2/images/{image_id}');
      await check('GET', '/v2/tags', '/v2/tags');
      await check('POST', '/v2/tags', '/v2/tags', { name: 'mine' });
      await check('GET', '/v2/tags/mine', '/v2/tags/{tag_id}');
      await check('POST', '/v2/tags', '/v2/tags', { name: 'a+b' });
      await check('DELETE', `/v2/droplets/${id}`, '/v2/droplets/{droplet_id}');
      expect(problems).toEqual([]);
    },
  );

  it('tell a create by its droplet and the action to follow', async () => {
    const { call, url } = await simulator({ account: { bootMs: { least: 60_000, most: 60_000 } } });
    const { status, body } = await call('POST', '/v2/droplets', aDroplet('bot-573332221111'));
    expect(status).toBe(202);
    expect(body.droplet).toMatchObject({
      name: 'bot-573332221111',
      status: 'new',
      networks: { v4: [], v6: [] },
      size_slug: 's-1vcpu-512mb-10gb',
      tags: ['orquesta', 'orquesta-uid:1'],
    });
    const [action] = body.links.actions;
    expect(action.href).toBe(`${url}/v2/actions/${action.id}`);
    const followed = await call('GET', `/v2/actions/${action.id}`);
    expect(followed.body.action).toMatchObject({
      status: 'in-progress',
      type: 'create',
      resource_id: body.droplet.id,
    });
  });

  it('put the private address before the public one', async () => {
    const { call } = await simulator();
    const { body } = await call('POST', '/v2/droplets', aDroplet('a'));
    const seen = await call('GET', `/v2/droplets/${body.droplet.id}`);
    expect(seen.body.droplet.networks.v4.map((each: { type: string }) => each.type)).toEqual([
      'private',
      'public',
    ]);
    expect(seen.body.droplet.status).toBe('active');
  });

  it('have error bodies with id and message, and a request id', async () => {
    const { call, url } = await simulator({ token: 'secret' });
    const refused = await call('GET', '/v2/droplets', undefined, 'wrong');
    expect(refused).toMatchObject({ status: 401, body: { id: 'unauthorized' } });
    expect(refused.headers.get('x-request-id')).toBe(refused.body.request_id);
    expect((await fetch(`${url}/v2/droplets`)).status).toBe(401);
    const missing = await call('GET', '/v2/droplets/7', undefined, 'secret');
    expect(missing).toMatchObject({ status: 404, body: { id: 'not_found' } });
    const absent = await call('DELETE', '/v2/droplets/7', undefined, 'secret');
    expect(absent.status).toBe(404);
  });
});

describe('a create is refused', () => {
  it.each([
    ['an underscore in the name', { name: 'bot_1' }, /Only valid hostname characters/],
    ['an unknown size', { size: 's-64vcpu' }, /invalid size/],
    ['an unknown image', { image: 'windows' }, /invalid image/],
    ['an unknown region', { region: 'mars1' }, /invalid region/],
    ['a size that the region lacks', { region: 'syd1' }, /Size is not available in this region/],
    ['user_data beyond 64 KiB', { user_data: 'ñ'.repeat(32_769) }, /64 KiB/],
    ['a key that is not on the account', { ssh_keys: [1] }, /invalid key identifiers/],
    ['name and names at once', { names: ['a'] }, /one of them/],
  ])('for %s', async (_why, change, message) => {
    const { call, account } = await simulator();
    const { status, body } = await call('POST', '/v2/droplets', { ...aDroplet('a'), ...change });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      id: 'unprocessable_entity',
      message: expect.stringMatching(message),
    });
    expect(account.living()).toEqual([]);
  });

  it('over the droplet limit', async () => {
    const { call } = await simulator({ account: { dropletLimit: 1 } });
    expect((await call('POST', '/v2/droplets', aDroplet('a'))).status).toBe(202);
    const { status, body } = await call('POST', '/v2/droplets', aDroplet('b'));
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: 'creating this/these droplet(s) will exceed your droplet limit',
    });
  });
});

describe('lists', () => {
  it('come in pages with absolute links, only those that make sense, and the total', async () => {
    const { call, url } = await simulator();
    for (let n = 1; n <= 5; n += 1) await call('POST', '/v2/droplets', aDroplet(`d${n}`));
    const first = await call('GET', '/v2/droplets?per_page=2');
    expect(first.body.meta).toEqual({ total: 5 });
    expect(first.body.links.pages).toEqual({
      next: `${url}/v2/droplets?per_page=2&page=2`,
      last: `${url}/v2/droplets?per_page=2&page=3`,
    });
    const seen: string[] = [];
    let next: string | undefined = `${url}/v2/droplets?per_page=2`;
    while (next !== undefined) {
      const page: Reply = await call('GET', next.slice(url.length));
      seen.push(...page.body.droplets.map((each: { name: string }) => each.name));
      next = page.body.links.pages?.next;
      if (next === undefined) expect(Object.keys(page.body.links.pages)).toEqual(['first', 'prev']);
    }
    expect(seen).toEqual(['d1', 'd2', 'd3', 'd4', 'd5']);
    expect((await call('GET', '/v2/droplets')).body.links).toEqual({});
    expect((await call('GET', '/v2/droplets?per_page=201')).status).toBe(422);
  });

  it('filter by exact name in any case, or by tag, but not by both', async () => {
    const { call } = await simulator();
    await call('POST', '/v2/droplets', aDroplet('bot-1'));
    await call('POST', '/v2/droplets', { ...aDroplet('bot-11'), tags: ['other'] });
    const names = async (query: string) =>
      (await call('GET', `/v2/droplets?${query}`)).body.droplets.map(
        (each: { name: string }) => each.name,
      );
    expect(await names('name=BOT-1')).toEqual(['bot-1']);
    expect(await names('tag_name=other')).toEqual(['bot-11']);
    expect((await call('GET', '/v2/droplets?name=a&tag_name=b')).status).toBe(422);
  });
});

describe('tags', () => {
  it('are put on and taken off droplets, and are canonical in their first spelling', async () => {
    const { call } = await simulator();
    const { body } = await call('POST', '/v2/droplets', { ...aDroplet('a'), tags: [] });
    const resources = [{ resource_id: String(body.droplet.id), resource_type: 'droplet' }];
    expect((await call('POST', '/v2/tags/mine/resources', { resources })).status).toBe(404);
    await call('POST', '/v2/tags', { name: 'mine' });
    expect((await call('POST', '/v2/tags', { name: 'MINE' })).body.tag.name).toBe('mine');
    expect((await call('POST', '/v2/tags/mine/resources', { resources })).status).toBe(204);
    expect((await call('GET', '/v2/droplets?tag_name=mine')).body.meta.total).toBe(1);
    expect((await call('GET', '/v2/tags/mine')).body.tag.resources.count).toBe(1);
    expect((await call('DELETE', '/v2/tags/mine/resources', { resources })).status).toBe(204);
    expect((await call('GET', '/v2/droplets?tag_name=mine')).body.meta.total).toBe(0);
  });
});

describe('limits of requests', () => {
  it('count per token, and past the minute answer 429 with retry-after and remaining 0', async () => {
    const { call } = await simulator({
      limits: { perMinute: 3, perHour: 100, countRefused: false },
    });
    const first = await call('GET', '/v2/account');
    expect(first.headers.get('ratelimit-limit')).toBe('100');
    expect(first.headers.get('ratelimit-remaining')).toBe('99');
    const reset = Number(first.headers.get('ratelimit-reset')) - Date.now() / 1000;
    expect(Math.abs(reset - 3600)).toBeLessThan(10);
    await call('GET', '/v2/account');
    await call('GET', '/v2/account');
    const over = await call('GET', '/v2/account');
    expect(over).toMatchObject({ status: 429, body: { id: 'too_many_requests' } });
    expect(over.headers.get('ratelimit-remaining')).toBe('0');
    const retryAfter = Number(over.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(50);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect((await call('GET', '/v2/account', undefined, 'another')).status).toBe(200);
  });

  it('past the hour answer 429 without retry-after', async () => {
    const { call } = await simulator({
      limits: { perMinute: 100, perHour: 2, countRefused: false },
    });
    await call('GET', '/v2/account');
    await call('GET', '/v2/account');
    const over = await call('GET', '/v2/account');
    expect(over.status).toBe(429);
    expect(over.headers.get('retry-after')).toBeNull();
  });

  it('are ten a minute for listing keys', async () => {
    const { call } = await simulator();
    for (let n = 0; n < 10; n += 1)
      expect((await call('GET', '/v2/account/keys')).status).toBe(200);
    expect((await call('GET', '/v2/account/keys')).status).toBe(429);
    expect((await call('GET', '/v2/account')).status).toBe(200);
  });

  it('can be switched off', async () => {
    const { call } = await simulator({ limits: false });
    for (let n = 0; n < 260; n += 1) expect((await call('GET', '/v2/account')).status).toBe(200);
  });
});

describe('faults of a call', () => {
  const faulty = async (rule: FaultRule) => {
    const given = await simulator();
    const put = await given.call('PUT', '/simulator/faults', [rule]);
    expect(put.status).toBe(200);
    return given;
  };

  it('lose-response: the droplet is made, the connection breaks', async () => {
    const { call, account } = await faulty({ fault: { kind: 'lose-response' }, times: 1 });
    await expect(call('POST', '/v2/droplets', aDroplet('a'))).rejects.toThrow('fetch failed');
    expect(account.living()).toHaveLength(1);
    expect((await call('GET', '/simulator/faults')).body).toMatchObject([{ hits: 1 }]);
    expect((await call('POST', '/v2/droplets', aDroplet('b'))).status).toBe(202);
    const { calls } = (await call('GET', '/simulator/ledger')).body;
    expect(calls).toEqual({ createDroplet: { lost: 1, 202: 1 } });
  });

  it('reset: the connection breaks and nothing is made', async () => {
    const { call, account } = await faulty({ fault: { kind: 'reset' }, times: 1 });
    await expect(call('POST', '/v2/droplets', aDroplet('a'))).rejects.toThrow('fetch failed');
    expect(account.living()).toEqual([]);
  });

  it('error: 503 as JSON or as a page, with the work done or not', async () => {
    const { call, account } = await faulty({ fault: { kind: 'error' } });
    expect(await call('POST', '/v2/droplets', aDroplet('a'))).toMatchObject({
      status: 503,
      body: { id: 'service_unavailable' },
    });
    expect(account.living()).toEqual([]);
    await call('PUT', '/simulator/faults', [
      { fault: { kind: 'error', status: 504, html: true, committed: true } },
    ]);
    const page = await call('POST', '/v2/droplets', aDroplet('a'));
    expect(page.status).toBe(504);
    expect(page.body).toContain('<html>');
    expect(account.living()).toHaveLength(1);
  });

  it('delay before: the work is done after the client has given up', async () => {
    const { account, url } = await faulty({ fault: { kind: 'delay', ms: 150, when: 'before' } });
    const given = fetch(`${url}/v2/droplets`, {
      method: 'POST',
      headers: { authorization: 'Bearer any' },
      body: JSON.stringify(aDroplet('late')),
      signal: AbortSignal.timeout(50),
    });
    await expect(given).rejects.toThrow();
    expect(account.living()).toEqual([]);
    await expect.poll(() => account.living().length, { timeout: 10_000 }).toBe(1);
  });

  it('strike only the calls, names and times they name', async () => {
    const { call } = await faulty({
      fault: { kind: 'quota' },
      on: { name: 'bot-*' },
      skip: 1,
      times: 1,
    });
    const statuses = [];
    for (const name of ['web', 'bot-1', 'bot-2', 'bot-3']) {
      statuses.push((await call('POST', '/v2/droplets', aDroplet(name))).status);
    }
    expect(statuses).toEqual([202, 202, 422, 202]);
    expect((await call('GET', '/v2/droplets')).status).toBe(200);
  });

  it('delete-ignored: 204, and the droplet lives on', async () => {
    const { call } = await faulty({ fault: { kind: 'delete-ignored' }, times: 1 });
    const { body } = await call('POST', '/v2/droplets', aDroplet('a'));
    const path = `/v2/droplets/${body.droplet.id}`;
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(200);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
  });

  it('page-miss and partial-create leave something out', async () => {
    const { call } = await simulator();
    await call('PUT', '/simulator/faults', [
      { fault: { kind: 'partial-create' } },
      { fault: { kind: 'page-miss' } },
    ]);
    const many = { ...aDroplet(''), name: undefined, names: ['a', 'b', 'c'] };
    expect((await call('POST', '/v2/droplets', many)).body.droplets).toHaveLength(1);
    const list = await call('GET', '/v2/droplets');
    expect(list.body).toMatchObject({ droplets: [], meta: { total: 1 } });
  });

  it('rate-limited, unauthorized, try-again and unavailable answer as DigitalOcean does', async () => {
    const { call } = await simulator();
    const seen = async (fault: FaultRule['fault']) => {
      await call('PUT', '/simulator/faults', [{ fault, times: 1 }]);
      const reply = await call('POST', '/v2/droplets', aDroplet('a'));
      return [reply.status, reply.headers.get('retry-after'), reply.body.message];
    };
    expect(await seen({ kind: 'rate-limited', retryAfterSeconds: 7 })).toEqual([
      429,
      '7',
      'API Rate limit exceeded.',
    ]);
    expect(await seen({ kind: 'rate-limited' })).toEqual([429, null, 'API Rate limit exceeded.']);
    expect(await seen({ kind: 'unauthorized' })).toEqual([401, null, 'Unable to authenticate you']);
    expect(await seen({ kind: 'try-again' })).toMatchObject([422, null, /try again/]);
    expect(await seen({ kind: 'unavailable' })).toMatchObject([422, null, /not available/]);
  });

  it('pending-event: a delete is refused for now', async () => {
    const { call } = await faulty({ fault: { kind: 'pending-event' }, times: 1 });
    const { body } = await call('POST', '/v2/droplets', aDroplet('a'));
    const path = `/v2/droplets/${body.droplet.id}`;
    expect(await call('DELETE', path)).toMatchObject({
      status: 422,
      body: { message: 'Droplet already has a pending event.' },
    });
    expect((await call('DELETE', path)).status).toBe(204);
  });

  it('are refused by name when they are none', async () => {
    const { call } = await simulator();
    const put = await call('PUT', '/simulator/faults', [{ fault: { kind: 'earthquake' } }]);
    expect(put.status).toBe(422);
    expect((await call('GET', '/simulator/faults')).body).toEqual([]);
  });
});

describe('the ledger', () => {
  it('knows every droplet ever made and the busiest minute', async () => {
    const { call } = await simulator();
    const { body } = await call('POST', '/v2/droplets', aDroplet('a'));
    await call('DELETE', `/v2/droplets/${body.droplet.id}`);
    await call('GET', '/v2/account');
    const ledger = (await call('GET', '/simulator/ledger')).body;
    expect(ledger.droplets).toMatchObject([
      { id: body.droplet.id, name: 'a', tags: ['orquesta', 'orquesta-uid:1'], goneWhy: 'deleted' },
    ]);
    expect(ledger.busiestMinute).toBe(3);
  });
});
