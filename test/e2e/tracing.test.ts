// Proves that a trace leads from the REST call to the droplet that was created for it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { eventually } from '../eventually.ts';
import { inWorld as it } from './program.ts';

const NUMBER = '573332221111';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string }[];
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

/** A collector that takes OTLP over HTTP as JSON. */
async function startCollector() {
  const spans: SpanData[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      const { resourceSpans = [] } = request.url === '/v1/traces' ? JSON.parse(body) : {};
      for (const { scopeSpans } of resourceSpans)
        for (const scope of scopeSpans) spans.push(...scope.spans);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    spans,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.concurrent('a trace', () => {
  it('leads from the call to the passes, steps and cloud calls that serve it', async ({
    world,
  }) => {
    const collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    const controller = await world.run({ ...env, ORQUESTA_ROLE: 'controller' });
    const api = await world.run({ ...env, ORQUESTA_ROLE: 'api' });
    await fetch(`${api.url}/api/instance/create`, {
      method: 'POST',
      headers: {
        'x-api-key': 'e2e-key',
        'content-type': 'application/json',
        traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({ numberphone: NUMBER }),
    });
    await api.reaches(NUMBER, 'completed');

    const named = (name: string) => collector.spans.filter((span) => span.name === name);
    const [call] = await eventually('the call is told', () => {
      const found = named('POST /api/instance/create');
      return found.length > 0 && found;
    });
    expect(call).toMatchObject({ traceId: TRACE, parentSpanId: 'b7ad6b7169203331' });
    const made = await eventually(
      'the create is told',
      () => named('DigitalOcean createDroplet')[0],
    );
    /** From the create up to the call: each is the parent of the one before. */
    const way = await eventually('the way is whole', () => {
      const names = [made.name];
      let span: SpanData | undefined = made;
      while (span?.parentSpanId && span !== call) {
        span = collector.spans.find(({ spanId }) => spanId === span?.parentSpanId);
        if (span) names.push(span.name);
      }
      return span === call && names;
    });
    expect(way).toEqual([
      'DigitalOcean createDroplet',
      'create',
      'reconcile Droplet',
      'create-droplet',
      'reconcile Instance',
      'POST /api/instance/create',
    ]);
    for (const name of ['connect', 'start-bootstrap', 'await-bot']) {
      const [step] = await eventually(
        `${name} is told`,
        () => named(name).length > 0 && named(name),
      );
      expect(step?.traceId, name).toBe(TRACE);
    }
    // Upkeep is a trace of its own, which points to the wish.
    const upkeep = await eventually('a look at the running bot is told', () =>
      collector.spans.find(
        ({ name, traceId, links }) =>
          name === 'reconcile Instance' && traceId !== TRACE && links?.[0]?.traceId === TRACE,
      ),
    );
    expect(upkeep.parentSpanId).toBeFalsy();
    await api.remove(NUMBER);
    const deletion = await eventually(
      'the deletion is told',
      () => named('DELETE /api/instance/:numberphone')[0],
    );
    const ended = await eventually('the end is told', () => named('DigitalOcean deleteDroplet')[0]);
    expect(ended.traceId).toBe(deletion.traceId);
    // No secret, and no key, is in what leaves.
    const told = JSON.stringify(collector.spans);
    for (const secret of ['e2e-key', 'e2e password', 'PRIVATE KEY'])
      expect(told).not.toContain(secret);
    await Promise.all([controller.stop(), api.stop()]);
    await collector.close();
  });
});
