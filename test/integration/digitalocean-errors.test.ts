import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Budget } from '../../src/cloud/budget.ts';
import { CloudError, type CreateDroplet } from '../../src/cloud/cloud.ts';
import { DigitalOcean, type DigitalOceanDeps } from '../../src/cloud/digitalocean.ts';
import { dropletTemplate } from '../../src/resources/instance-class.ts';
import { type HttpStub, startHttpStub, wireDroplet } from '../twins/http-stub.ts';
import { unlimitedBudget } from '../twins/unlimited-budget.ts';

const TOKEN = 'dop_v1_0123456789abcdef';
const SECRET_LINE = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ';
const create: CreateDroplet = {
  name: 'bot-573332221111',
  template: dropletTemplate.parse({}),
  tags: ['orquesta', 'orquesta-uid:u1'],
  userData: `#cloud-config\n  ${SECRET_LINE}\n`,
};
const live = () => new AbortController().signal;

let stub: HttpStub;
const clouds: DigitalOcean[] = [];
beforeEach(async () => {
  stub = await startHttpStub();
});
afterEach(async () => {
  for (const cloud of clouds.splice(0)) cloud.close();
  await stub.close();
});

function aCloud(deps: Partial<DigitalOceanDeps> = {}): DigitalOcean {
  const cloud = new DigitalOcean({
    url: stub.url,
    token: TOKEN,
    budget: unlimitedBudget,
    clock: systemClock,
    ...deps,
  });
  clouds.push(cloud);
  return cloud;
}

async function errorOf(promise: Promise<unknown>): Promise<CloudError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof CloudError)) throw new Error('no CloudError', { cause: error });
  // Everything that a logger could reach.
  const all = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true });
  for (const secret of [TOKEN, SECRET_LINE]) expect(all).not.toContain(secret);
  return error;
}

/** Each call, for what holds for all of them. */
type Call = (cloud: DigitalOcean, signal?: AbortSignal) => Promise<unknown>;
const calls: readonly (readonly [string, Call])[] = [
  ['listDroplets', (cloud, signal = live()) => cloud.listDroplets(signal)],
  ['findByName', (cloud, signal = live()) => cloud.findByName('bot-1', signal)],
  ['getDroplet', (cloud, signal = live()) => cloud.getDroplet(7, signal)],
  ['createDroplet', (cloud, signal = live()) => cloud.createDroplet(create, signal)],
  ['deleteDroplet', (cloud, signal = live()) => cloud.deleteDroplet(7, signal)],
  ['act', (cloud, signal = live()) => cloud.act(7, 'reboot', signal)],
  ['sizePrices', (cloud, signal = live()) => cloud.sizePrices(signal)],
  ['dropletLimit', (cloud, signal = live()) => cloud.dropletLimit(signal)],
];

describe.each(calls)('DigitalOcean.%s', (_name, call) => {
  it.each([
    ['a 500', 500, '{"id":"server_error","message":"x"}'],
    ["a proxy's 504 in HTML", 504, '<html>'],
    ["somebody else's 404", 404, 'not here'],
    ['a redirect', 302, ''],
  ])('%s leaves the outcome unknown, and nothing is repeated', async (_what, status, body) => {
    stub.answer = ({ response }) =>
      response.writeHead(status, { location: `${stub.url}/elsewhere` }).end(body);
    const error = await errorOf(call(aCloud()));
    expect(error).toMatchObject({ kind: 'outcome-unknown', status });
    expect(stub.requests).toHaveLength(1);
  });

  it('a connection that breaks before the answer leaves the outcome unknown', async () => {
    stub.answer = ({ socket }) => socket.resetAndDestroy();
    expect(await errorOf(call(aCloud()))).toMatchObject({ kind: 'outcome-unknown' });
    expect(stub.requests).toHaveLength(1);
  });

  it('a connection that breaks within the answer leaves the outcome unknown', async () => {
    stub.answer = ({ response, socket }) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"droplet', () => socket.destroy());
    };
    expect(await errorOf(call(aCloud()))).toMatchObject({ kind: 'outcome-unknown' });
    expect(stub.requests).toHaveLength(1);
  });

  it.each([
    ['does not begin', false],
    ['does not end', true],
  ])('an answer that %s is given up after the deadline', async (_what, begins) => {
    let closed: Promise<unknown> = Promise.resolve();
    stub.answer = ({ response, socket }) => {
      closed = new Promise((resolve) => socket.once('close', resolve));
      if (begins) response.writeHead(200).write('{');
    };
    const error = await errorOf(call(aCloud({ deadlineMs: 200 })));
    expect(error.kind).toBe('outcome-unknown');
    expect(error.message).toContain('within 0.2 s');
    await closed;
  });

  it('a caller that gives up ends the request on the wire', async () => {
    const caller = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    stub.answer = ({ socket }) => {
      closed = new Promise((resolve) => socket.once('close', resolve));
      caller.abort();
    };
    const cloud = aCloud();
    const error = await errorOf(call(cloud, caller.signal));
    expect(error.kind).toBe('outcome-unknown');
    await closed;
    const late = await errorOf(call(cloud, caller.signal));
    expect(late.kind).toBe('try-again');
    expect(stub.requests).toHaveLength(1);
  });

  it('says that nothing was sent when nobody listens', async () => {
    await stub.close();
    const error = await errorOf(call(aCloud()));
    expect(error.kind).toBe('try-again');
    expect(error.message).toContain('was not asked');
    stub = await startHttpStub();
  });

  it('a 429 says until when', async () => {
    const before = Date.now();
    stub.answer = ({ json }) =>
      json(429, { id: 'too_many_requests', message: 'slow down' }, { 'retry-after': '40' });
    const error = await errorOf(call(aCloud()));
    expect(error).toMatchObject({ kind: 'rate-limited', status: 429 });
    expect(error.retryAt).toBeGreaterThanOrEqual(before + 40_000);
    expect(error.retryAt).toBeLessThan(Date.now() + 41_000);
  });

  it('a 401 is about the token', async () => {
    stub.answer = ({ json }) => json(401, { id: 'unauthorized', message: `no ${TOKEN}` });
    expect(await errorOf(call(aCloud()))).toMatchObject({ kind: 'unauthorized', status: 401 });
  });

  it('sends nothing when the budget is spent', async () => {
    const retryAt = Date.now() + 12_000;
    const spent: Budget = { ...unlimitedBudget, take: async () => ({ granted: false, retryAt }) };
    const error = await errorOf(call(aCloud({ budget: spent })));
    expect(error).toMatchObject({ kind: 'rate-limited', status: undefined, retryAt });
    // The time is `retryAt`: whoever waits for it says it, once.
    expect(error.message).toMatch(
      /was not asked .* is spent\. It waits until requests are free again\.$/,
    );
    expect(stub.requests).toHaveLength(0);
  });

  it('sends nothing when the budget cannot be asked', async () => {
    const away: Budget = {
      ...unlimitedBudget,
      take: async () => {
        throw new CloudError('try-again', 'Redis is away.');
      },
    };
    expect((await errorOf(call(aCloud({ budget: away })))).kind).toBe('try-again');
    expect(stub.requests).toHaveLength(0);
  });
});

describe('DigitalOcean', () => {
  it('a 2xx of another shape leaves the outcome unknown', async () => {
    for (const body of ['<html>', '[]', '{"droplet":{"id":"7"}}', '{"droplets":[{}]}', '']) {
      stub.answer = ({ response }) => response.writeHead(200).end(body);
      for (const [name, call] of calls) {
        if (name === 'deleteDroplet') continue; // its answer has no body
        expect((await errorOf(call(aCloud()))).kind).toBe('outcome-unknown');
      }
    }
  });

  it("a user's text in DigitalOcean's message can leak nothing and flood nothing", async () => {
    stub.answer = ({ json, body, headers }) =>
      json(422, { id: 'unprocessable_entity', message: `${headers.authorization} ${body}` });
    const error = await errorOf(aCloud().createDroplet(create, live()));
    expect(error.kind).toBe('refused');
    stub.answer = ({ json }) => json(422, { id: 'x', message: 'y'.repeat(1_000_000) });
    expect((await errorOf(aCloud().createDroplet(create, live()))).message.length).toBeLessThan(
      700,
    );
  });

  it('takes each request from the budget by its priority, and reports what is left', async () => {
    const taken: string[] = [];
    const heard: unknown[] = [];
    const budget: Budget = {
      ...unlimitedBudget,
      take: async (priority) => {
        taken.push(priority);
        return { granted: true };
      },
      observe: async (news) => {
        heard.push(news);
      },
    };
    stub.answer = ({ json }) =>
      json(500, { id: 'x', message: 'x' }, { 'ratelimit-remaining': '4321' });
    for (const [, call] of calls) await errorOf(call(aCloud({ budget })));
    expect(taken).toEqual(['read', 'read', 'read', 'create', 'delete', 'create', 'read', 'read']);
    expect(heard).toEqual(calls.map(() => ({ remaining: 4321 })));
  });

  it('sends the token, and what it creates, as documented', async () => {
    stub.answer = ({ json }) => json(202, { droplet: wireDroplet(9, { networks: { v4: [] } }) });
    const vpcUUID = '5a4981aa-9653-4bd1-bef5-d6bff52042e4';
    const template = { ...create.template, image: 123_456, vpcUUID };
    const made = await aCloud().createDroplet({ ...create, template }, live());
    expect(made).toMatchObject({ id: 9, ip: undefined });
    const [request] = stub.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/v2/droplets' });
    expect(request?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(request?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      name: 'bot-573332221111',
      region: 'sfo3',
      size: 's-1vcpu-512mb-10gb',
      image: 123_456,
      monitoring: true,
      backups: false,
      ipv6: false,
      vpc_uuid: vpcUUID,
      tags: create.tags,
      user_data: create.userData,
    });
  });

  it('never creates over a kept connection, which may be closing at that moment', async () => {
    stub.answer = ({ method, json }) =>
      json(200, method === 'GET' ? { droplet: wireDroplet(7) } : { droplet: wireDroplet(8) });
    const cloud = aCloud();
    await cloud.getDroplet(7, live());
    await cloud.getDroplet(7, live());
    expect(stub.connections).toBe(1);
    await cloud.createDroplet(create, live());
    expect(stub.connections).toBe(2);
  });

  it('sends no create that was held up on its way to the wire', async () => {
    let now = 0;
    const slow: Budget = {
      ...unlimitedBudget,
      take: async () => {
        now = 6_000;
        return { granted: true };
      },
    };
    const cloud = aCloud({ budget: slow, clock: { ...systemClock, now: () => now } });
    const held = cloud.createDroplet({ ...create, notAfter: 5_000 }, live());
    expect((await errorOf(held)).kind).toBe('try-again');
    expect(stub.requests).toHaveLength(0);
  });

  it('keeps the path of its URL', async () => {
    stub.answer = ({ json }) => json(200, { account: { droplet_limit: 25 } });
    expect(await aCloud({ url: `${stub.url}/proxy` }).dropletLimit(live())).toBe(25);
    expect(stub.requests[0]?.path).toBe('/proxy/v2/account');
  });

  it('a failure of TLS is no proof that nothing was sent', async () => {
    const url = stub.url.replace('http:', 'https:');
    // A server without TLS: it fails here at the start, but with an error that could also come later.
    expect((await errorOf(aCloud({ url }).createDroplet(create, live()))).kind).toBe(
      'outcome-unknown',
    );
  });

  it('a host name that does not resolve means that nothing was sent', async () => {
    const cloud = aCloud({ url: 'http://nowhere.invalid', deadlineMs: 20_000 });
    expect((await errorOf(cloud.createDroplet(create, live()))).kind).toBe('try-again');
  });
});
