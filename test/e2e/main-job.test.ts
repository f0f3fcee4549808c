// Proves that the real program, as processes over a real Redis, brings bots up, whatever is killed when.
import { afterEach, describe, expect, inject, it } from 'vitest';
import { eventually, type Program, World } from './program.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const NUMBER = '573332221111';

const startWorld = async (
  ...args: Parameters<typeof World.start> extends [string, ...infer R] ? R : never
) => {
  world = await World.start(inject('redisUrl'), ...args);
  return world;
};

async function createBot(program: Program, number = NUMBER): Promise<Response> {
  return program.request('POST', '/api/instance/create', { numberphone: number });
}

describe('the main job', () => {
  it('takes a bot from the call to a QR that can be scanned, and deletes it to the last trace', async () => {
    const { run, live } = bind(await startWorld());
    const program = await run();
    const answer = await createBot(program, '+57 333 222 1111');
    expect([answer.status, await answer.json()]).toEqual([
      202,
      { success: true, data: { numberphone: NUMBER, status: 'creating' } },
    ]);
    const done = await program.reaches(NUMBER, 'completed', 'failed');
    expect(done).toMatchObject({
      status: 'completed',
      progress: 100,
      error: null,
      instanceInfo: { instanceName: `bot-${NUMBER}`, state: 'active', numberphone: NUMBER },
    });
    expect(live()).toBe(1);
    const png = await eventually('the QR is there', async () => {
      const qr = await program.request('GET', `/api/instance/qr/${NUMBER}`);
      return qr.ok ? Buffer.from(await qr.arrayBuffer()) : undefined;
    });
    expect(png.subarray(1, 4).toString()).toBe('PNG');

    expect((await program.request('DELETE', `/api/instance/${NUMBER}`)).status).toBe(202);
    await eventually('the record is gone', async () => {
      const gone = await program.request('GET', `/api/instance/status/${NUMBER}`);
      return gone.status === 404;
    });
    expect(live()).toBe(0);
  });

  it('of a hundred creates of one number at once lets one through, and makes one droplet', async () => {
    const { run, made } = bind(await startWorld());
    const program = await run();
    const answers = await Promise.all(Array.from({ length: 100 }, () => createBot(program)));
    const codes = answers.map((answer) => answer.status).sort();
    expect(codes).toEqual([202, ...Array.from({ length: 99 }, () => 400)]);
    await program.reaches(NUMBER, 'completed');
    expect(made()).toBe(1);
  });

  it('makes single droplets, with DigitalOcean’s id in the answer', async () => {
    const { run, live } = bind(await startWorld());
    const program = await run();
    const answer = await program.request('POST', '/api/droplet/create', { name: 'solo-1' });
    const { data } = (await answer.json()) as { data: { id: number; name: string } };
    expect(answer.status).toBe(202);
    expect(data).toEqual({
      id: expect.any(Number),
      name: 'solo-1',
      ip: null,
      status: 'creating',
      message: 'Droplet creado, esperando asignación de IP',
    });
    await eventually('it has an address', async () => {
      const one = await program.request('GET', `/api/droplet/${data.id}`);
      const body = (await one.json()) as { data: { ip: string | null; status: string } };
      return body.data.ip !== null && body.data.status === 'active';
    });
    expect((await program.request('DELETE', `/api/droplet/${data.id}`)).status).toBe(202);
    await eventually('it is gone', () => live() === 0);
  });

  it('says why when the bootstrap fails for good', async () => {
    const { run } = bind(await startWorld());
    const program = await run();
    const manifest = `
apiVersion: orquesta.clientfy.io/v1
kind: InstanceClass
metadata: {name: broken}
spec:
  bootstrap: {script: "echo about to break; exit 7"}
  retries: {bootstrap: 0}
---
apiVersion: orquesta.clientfy.io/v1
kind: Instance
spec: {numberphone: "${NUMBER}", className: broken}
`;
    const applied = await fetch(`${program.url}/api/apply`, {
      method: 'POST',
      headers: { 'x-api-key': 'e2e-key', 'content-type': 'application/yaml' },
      body: manifest,
    });
    expect(applied.status).toBe(200);
    const failed = await program.reaches(NUMBER, 'failed');
    expect(failed).toMatchObject({ progress: 75, error: expect.stringContaining('exit code 7') });
    const log = await program.request('GET', `/api/instance/logs/${NUMBER}?format=text`);
    expect(await log.text()).toContain('about to break');
  });
});

describe('killed with -9 and started again', () => {
  const phases = ['creating_droplet', 'waiting_for_ssh', 'initializing', 'completed'];

  it.each(phases)('in %s: goes on, with one droplet', async (phase) => {
    // Slow enough that each phase is there to be seen.
    const { run, made } = bind(
      await startWorld({ account: { bootMs: { least: 1_500, most: 1_500 } } }),
    );
    const first = await run();
    expect((await createBot(first)).status).toBe(202);
    await first.reaches(NUMBER, phase, 'completed');
    await first.kill();
    const second = await run();
    await second.reaches(NUMBER, 'completed');
    expect(made()).toBe(1);
  });

  it('while a deletion runs: nothing is left in the cloud', async () => {
    const { run, live } = bind(await startWorld());
    const first = await run();
    await createBot(first);
    await first.reaches(NUMBER, 'completed');
    await first.request('DELETE', `/api/instance/${NUMBER}`);
    await first.kill();
    const second = await run();
    await eventually('the record is gone', async () => {
      const gone = await second.request('GET', `/api/instance/status/${NUMBER}`);
      return gone.status === 404;
    });
    expect(live()).toBe(0);
  });
});

describe('told to stop', () => {
  it('hands over within 10 s, even while a bootstrap runs, and another goes on', async () => {
    const { run, made } = bind(await startWorld());
    const first = await run();
    await createBot(first);
    await first.reaches(NUMBER, 'initializing', 'completed');
    const { code, tookMs } = await first.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    const second = await run();
    await second.reaches(NUMBER, 'completed');
    expect(made()).toBe(1);
  });
});

const bind = (it: World) => ({
  run: it.run.bind(it),
  live: it.live.bind(it),
  made: it.made.bind(it),
});
