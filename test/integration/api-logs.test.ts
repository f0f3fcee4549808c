import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBotJournal } from '../../src/controller/bot-journal.ts';
import type { BootstrapStatus } from '../../src/resources/instance.ts';
import { SecretError, type Secrets } from '../../src/secrets/secrets.ts';
import { NUMBER, time } from '../builders.ts';
import { type MemoryHost, MemoryShell } from '../twins/memory-shell.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';
import { type Api, anApi, giveStatus, KEY, until } from './api-app.ts';

const NAME = `bot-${NUMBER}`;
const PATH = `/api/instance/logs/${NUMBER}`;

let api: Api;
beforeEach(async () => {
  api = await anApi();
  await api.ask('POST', '/api/instance/create', { numberphone: NUMBER });
});
afterEach(() => api.close());

const ask = (query = '', headers = {}) => api.ask('GET', `${PATH}${query}`, undefined, headers);
const say = (offset: number, text: string, run = 'run-1') =>
  api.journal.appendLog(NAME, run, offset, text);
const bootstrap = (over: Partial<BootstrapStatus> = {}): BootstrapStatus => ({
  run: 'run-1',
  revision: 'r',
  dropletId: 1,
  attempt: 1,
  startedAt: time(0),
  ...over,
});

async function open(query: string, headers: Record<string, string> = {}) {
  const response = await api.app.request(`${PATH}${query}`, {
    headers: { 'x-api-key': KEY, ...headers },
  });
  let text = '';
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  })();
  return {
    response,
    ended,
    hears: (what: string) => until(() => text.includes(what)),
    text: () => text,
  };
}

describe('follow', () => {
  test('waits for the run, sends each line as it comes, and ends with the run', async () => {
    const log = await open('?follow=true');
    expect(log.response.headers.get('content-type')).toMatch(/^text\/plain/);
    await say(0, 'one\n');
    await log.hears('one\n');
    await say(4, 'zwei ñ\n');
    await log.hears('zwei ñ\n');
    await say(12, 'the end\n');
    await giveStatus(api, { bootstrap: bootstrap({ finishedAt: time(9), exitCode: 0 }) });
    await log.ended;
    expect(log.text()).toBe('one\nzwei ñ\nthe end\n');
  });

  test('goes on at an offset, as after a restart of the API', async () => {
    await say(0, 'one\ntwo\n');
    await giveStatus(api, { bootstrap: bootstrap({ finishedAt: time(9), exitCode: 0 }) });
    const log = await open('?follow=true&offset=4');
    await log.ended;
    expect(log.text()).toBe('two\n');
  });

  test('as events, each with its place, for who reconnects', async () => {
    await say(0, 'one\ntwo\n');
    const headers = { accept: 'text/event-stream', 'last-event-id': '4' };
    const log = await open('?follow=true', headers);
    await log.hears('id: 8\n');
    expect(log.text()).toContain('event: log\ndata: "two\\n"\n');
    await giveStatus(api, { bootstrap: bootstrap({ finishedAt: time(9), exitCode: 0 }) });
    await log.ended;
    expect(log.text()).toContain('event: end\n');
  });

  test('ends when another run begins, and when the instance goes', async () => {
    await say(0, 'one\n');
    const [first, second] = [await open('?follow=true'), await open('?follow=true')];
    await first.hears('one');
    await second.hears('one');
    await say(0, 'of another run\n', 'run-2');
    await first.ended;
    await second.ended;
    const third = await open('?follow=true');
    await third.hears('of another run');
    await api.store.delete('Instance', NAME);
    await third.ended;
  });
});

test('download: a file of a name', async () => {
  await say(0, 'one\n');
  for (const query of ['?download', '?download=true']) {
    const { headers, text } = await ask(query);
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${NAME}.log"`);
    expect(text).toBe('one\n');
  }
});

test.each(['?folow=true', '?follow=yes', '?source=disk', '?offset=-1', '?source=bot&follow=true'])(
  '%s is refused',
  async (query) => {
    await say(0, 'one\n');
    expect((await ask(query)).status).toBe(400);
  },
);

describe('of the bot', () => {
  const stop = () => new AbortController();
  let stopped = stop();
  let served: Promise<void> | undefined;
  beforeEach(() => {
    stopped = stop();
  });
  afterEach(async () => {
    stopped.abort();
    await served;
  });

  const secrets: Secrets = {
    read: async ({ env }: { env?: string }) => {
      if (env === 'TOKEN') return 'a-very-secret-token';
      throw new SecretError('there is no such variable');
    },
  } as Secrets;

  async function withBot(run: MemoryHost['run']): Promise<void> {
    const host: MemoryHost = {
      net: 'up',
      hostKey: 'ssh-ed25519 KEY',
      takesLogin: true,
      bootId: '1',
      run,
    };
    const clock = new VirtualClock();
    const shell = new MemoryShell({ hosts: new Map([['203.0.113.7', host]]), clock });
    const { store } = api;
    const stored = await store.get('Instance', NAME);
    if (!stored) throw new Error('not there');
    const env = { TOKEN: { valueFrom: { env: 'TOKEN' } } };
    await store.update('Instance', { ...stored, spec: { ...stored.spec, env } });
    const log = { warn: () => {} } as never;
    const deps = { store, shell, secrets, sshPort: 22, log };
    served = api.errands.serve((errand, signal) => {
      if (errand.kind !== 'bot-journal') throw new Error('not asked for');
      return readBotJournal(errand.name, deps, signal);
    }, stopped.signal);
  }
  const reached = {
    ip: '203.0.113.7',
    dropletId: 7,
    ssh: { dropletId: 7, hostKey: 'ssh-ed25519 KEY', since: time(0), isUp: true },
  };

  test('a controller reads it over SSH, and no value of its variables is in it', async () => {
    let command = '';
    await withBot(async (given) => {
      command = given;
      return { exitCode: 0, stdout: 'up with a-very-secret-token\n', stderr: '' };
    });
    await giveStatus(api, reached);
    expect((await ask('?source=bot')).json).toEqual({
      success: true,
      data: { numberphone: NUMBER, run: null, text: 'up with [redacted]\n' },
    });
    expect(command).toContain("journalctl --unit='clientfy-bot.service' --lines=500");
    const file = await ask('?source=bot&download');
    expect(file.headers.get('content-disposition')).toContain(`${NAME}-bot.log`);
  });

  test('a droplet that was not reached yet, or fails: 503 that says why', async () => {
    await withBot(async () => ({ exitCode: 1, stdout: '', stderr: 'secret' }));
    expect(await ask('?source=bot')).toMatchObject({
      status: 503,
      json: { success: false, error: expect.stringContaining('not been logged into') },
    });
    await giveStatus(api, reached);
    const answer = await ask('?source=bot');
    expect(answer.status).toBe(503);
    expect(answer.json.error).toContain('exit code 1');
    expect(answer.text).not.toContain('secret');
  });

  test('without any controller: 504, after a while', async () => {
    const hasty = await anApi({ clock: new HastyClock() });
    await hasty.ask('POST', '/api/instance/create', { numberphone: NUMBER });
    const answer = await hasty.ask('GET', `${PATH}?source=bot`);
    expect(answer.status).toBe(504);
    expect(answer.json.error).toContain('Ningún controlador');
    await hasty.close();
  });
});

/** Time passes as soon as somebody waits. */
class HastyClock {
  #now = Date.now();
  now(): number {
    return this.#now;
  }
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
  }
}
