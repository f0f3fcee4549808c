// Proves that another system is told of a bot's whole life, from the first phase to the last.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect } from 'vitest';
import { eventually } from '../eventually.ts';
import { inWorld as it } from './program.ts';

const NUMBER = '573332221111';
const PANEL_PORT = 5432;
const SECRET = 'e2e-webhook-secret';

interface Told {
  readonly type: string;
  readonly data: { readonly phase: string; readonly isLinked: boolean | null };
}

describe.concurrent('webhooks', () => {
  it('tell of every phase, of the link with WhatsApp and its loss, and of the end, in order', async ({
    world,
  }) => {
    const told: Told[] = [];
    const receiver = createServer((request, response) => {
      const signature = String(request.headers['x-orquesta-signature']);
      const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(signature) ?? [];
      void text(request).then((body) => {
        const isOurs = createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex') === v1;
        if (isOurs) told.push(JSON.parse(body) as Told);
        response.writeHead(isOurs ? 204 : 401).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    try {
      const program = await world.run({
        WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`,
        WEBHOOK_SECRET: SECRET,
      });
      const klass = readFileSync('examples/classes/default.yaml', 'utf8');
      await program.apply(klass.replace(/intervalSeconds: \d+/, 'intervalSeconds: 1'));
      await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
      const { instanceInfo } = await program.reaches(NUMBER, 'completed');
      const asks = (action: string) =>
        eventually(`the bot takes ${action}`, async () => {
          const url = `http://${instanceInfo?.ip}:${PANEL_PORT}/simulate/${action}`;
          return (await fetch(url, { method: 'POST' })).ok;
        });
      const hears = (type: string) =>
        eventually(`${type} is told`, () => told.some((one) => one.type === type));

      await asks('scan');
      const qr = await program.request('GET', `/api/instance/qr/${NUMBER}`);
      expect([qr.status, await qr.text()]).toEqual([
        404,
        expect.stringContaining('ya está vinculado'),
      ]);
      await hears('instance.linked');
      await asks('logout');
      await hears('instance.unlinked');
      await program.remove(NUMBER);
      await hears('instance.deleted');

      expect(told.map(({ type, data }) => [type, data.phase, data.isLinked])).toEqual([
        ['instance.phase', 'creating_droplet', null],
        ['instance.phase', 'waiting_for_ssh', null],
        ['instance.phase', 'initializing', null],
        ['instance.phase', 'completed', expect.toBeOneOf([null, false])],
        ['instance.linked', 'completed', true],
        ['instance.unlinked', 'completed', false],
        ['instance.phase', 'deleting', false],
        ['instance.deleted', 'deleting', false],
      ]);
      const listed = await program.request('GET', '/api/webhooks/deliveries');
      const { data } = (await listed.json()) as { data: { type: string; result: string }[] };
      expect(data.map(({ type }) => type).reverse()).toEqual(told.map(({ type }) => type));
      expect(new Set(data.map(({ result }) => result))).toEqual(new Set(['delivered']));
    } finally {
      receiver.closeAllConnections();
      receiver.close();
    }
  });
});
