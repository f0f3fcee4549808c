import { expect, test } from 'vitest';
import { parseApiKeys } from '../../src/api/access/keys.ts';
import { NUMBER } from '../builders.ts';
import { until } from './api-app.ts';
import { aKubeServer, R } from './kube-api.ts';

// One key can't hold everybody's connections.

const EVENTS = `/api/instance/events/${NUMBER}`;
const LOG = `/api/instance/logs/${NUMBER}?follow=true`;
const WATCH = `${R}/instances?watch=true`;
const CORE = '/api/v1/events?watch=true';

test('a key follows so many at a time, other keys and other calls go on, and what has ended counts no more', async () => {
  const apiKeys = parseApiKeys('many:admin:k-many,other:viewer:k-other');
  const server = await aKubeServer({ apiKeys, streamsPerKey: 4 });
  const call = async (key: string, path: string, init: RequestInit = {}) => {
    const abort = new AbortController();
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const response = await fetch(server.url + path, { headers, signal: abort.signal, ...init });
    return { response, leave: () => abort.abort() };
  };
  try {
    await call('k-many', '/api/instance/create', {
      method: 'POST',
      body: JSON.stringify({ numberphone: NUMBER }),
    });
    // What fails at once holds nothing.
    for (let i = 0; i < 10; i++) {
      const none = await call('k-many', '/api/instance/events/573330000000');
      expect(none.response.status).toBe(404);
      expect((await call('k-many', `${WATCH}&resourceVersion=x`)).response.status).toBe(400);
      const head = await call('k-many', EVENTS, {
        method: 'HEAD',
        headers: { 'x-api-key': 'k-many' },
      });
      expect(head.response.status).toBe(200);
    }
    const open = [];
    for (const path of [EVENTS, LOG, WATCH, CORE]) open.push(await call('k-many', path));
    expect(open.map(({ response }) => response.status)).toEqual([200, 200, 200, 200]);
    // A proxy that gathered them would hold back what is to be seen as it comes.
    for (const { response } of open) expect(response.headers.get('x-accel-buffering')).toBe('no');

    for (const path of [EVENTS, LOG]) {
      const { response } = await call('k-many', path);
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '10']);
      expect(await response.text()).toContain('cierre alguna');
    }
    for (const path of [WATCH, CORE]) {
      const { response } = await call('k-many', path);
      expect(response.status).toBe(429);
      expect(await response.json()).toMatchObject({
        kind: 'Status',
        reason: 'TooManyRequests',
        message: expect.stringContaining('end one'),
      });
    }
    expect((await call('k-many', '/api/instance/list')).response.status).toBe(200);
    expect((await call('k-other', EVENTS)).response.status).toBe(200);

    for (const [index, path] of [LOG, WATCH, CORE, EVENTS].entries()) {
      open[index]?.leave();
      const again = await until(async () => {
        const tried = await call('k-many', path);
        return tried.response.status === 200 ? tried : undefined;
      });
      open.push(again);
    }
  } finally {
    await server.close();
  }
});
