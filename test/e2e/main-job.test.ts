// Proves that the real program, as processes over a real Redis, brings bots up and takes them down.
import { describe, expect } from 'vitest';
import { eventually } from '../eventually.ts';
import { inWorld as it, type Program } from './program.ts';

const NUMBER = '573332221111';

const createBot = (program: Program, number = NUMBER): Promise<Response> =>
  program.request('POST', '/api/instance/create', { numberphone: number });

describe.concurrent('the main job', () => {
  it('takes a bot from the call to a QR that can be scanned, and deletes it to the last trace', async ({
    world,
  }) => {
    const program = await world.run();
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
      instanceInfo: { instanceName: `bot-${NUMBER}`, numberphone: NUMBER },
    });
    // DigitalOcean's word, as of its last listing: its machine may serve before it says so.
    await eventually(
      'DigitalOcean says that it is active',
      async () => (await program.status(NUMBER)).instanceInfo?.state === 'active',
    );
    expect(world.live()).toBe(1);
    const png = await eventually('the QR is there', async () => {
      const qr = await program.request('GET', `/api/instance/qr/${NUMBER}`);
      return qr.ok ? Buffer.from(await qr.arrayBuffer()) : undefined;
    });
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const why = await program.request('GET', `/api/instance/explain/${NUMBER}`);
    const { data } = (await why.json()) as { data: { timeline: { phase: string }[] } };
    expect([...new Set(data.timeline.map(({ phase }) => phase))]).toEqual([
      'creating_droplet',
      'waiting_for_ssh',
      'initializing',
      'completed',
    ]);
    const log = await program.request('GET', `/api/instance/logs/${NUMBER}?source=bot`);
    expect([log.status, await log.json()]).toMatchObject([200, { data: { run: null } }]);
    await program.remove(NUMBER);
    expect(world.live()).toBe(0);
  });

  it('of a hundred creates of one number at once lets one through, and makes one droplet', async ({
    world,
  }) => {
    const program = await world.run();
    const answers = await Promise.all(Array.from({ length: 100 }, () => createBot(program)));
    const codes = answers.map((answer) => answer.status).sort();
    expect(codes).toEqual([202, ...Array.from({ length: 99 }, () => 400)]);
    await program.reaches(NUMBER, 'completed');
    expect(world.made()).toBe(1);
  });

  it('makes single droplets, with DigitalOcean’s id in the answer', async ({ world }) => {
    const program = await world.run();
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
    await eventually('it is gone', () => world.live() === 0);
  });

  it('says why when the bootstrap fails for good', async ({ world }) => {
    const program = await world.run();
    await program.apply(`
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
`);
    const failed = await program.reaches(NUMBER, 'failed');
    expect(failed).toMatchObject({ progress: 75, error: expect.stringContaining('código 7') });
    const log = await program.request('GET', `/api/instance/logs/${NUMBER}?format=text`);
    expect(await log.text()).toContain('about to break');
  });
});
