// Proves that what an operator looks at tells of what the real program did.
import { describe, expect } from 'vitest';
import { eventually, Hopeless } from '../eventually.ts';
import { inWorld as it, type Program } from './program.ts';

const NUMBER = '573332221111';

/** The value of a series, by its name and labels as they stand in the text. */
async function seriesOf(program: Program, series: string): Promise<number> {
  const text = await (await program.request('GET', '/metrics')).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`there is no ${series}`);
  return Number(line.slice(series.length + 1));
}

describe.concurrent('what can be seen', () => {
  it('is no condition: a controller works though it has no certificate to tell by', async ({
    world,
  }) => {
    const absent = { TLS_CERT_FILE: '/nowhere/cert.pem', TLS_KEY_FILE: '/nowhere/key.pem' };
    let ended: unknown;
    void world.orquestaWith({ ORQUESTA_ROLE: 'controller', ...absent }, 'serve').then((how) => {
      ended = how;
    });
    const api = await world.run({ ORQUESTA_ROLE: 'api' });
    await api.request('POST', '/api/instance/create', { numberphone: NUMBER });
    await eventually('it is completed', async () => {
      if (ended) throw new Hopeless(`The controller ended: ${JSON.stringify(ended)}`);
      return (await api.status(NUMBER)).status === 'completed';
    });
    expect(await world.orquestaWith({ ...absent }, 'serve')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('There is no certificate by TLS_CERT_FILE and TLS_KEY_FILE'),
    });
  });

  it('tells of a bot’s way, of each droplet and its price, and of who works', async ({ world }) => {
    const controller = await world.run({ ORQUESTA_ROLE: 'controller' });
    const api = await world.run({ ORQUESTA_ROLE: 'api' });
    await api.request('POST', '/api/instance/create', { numberphone: NUMBER });
    await api.reaches(NUMBER, 'completed');

    for (const phase of ['creating_droplet', 'waiting_for_ssh', 'initializing']) {
      const series = `orquesta_instance_phase_duration_seconds_count{phase="${phase}"}`;
      expect(await seriesOf(controller, series), phase).toBe(1);
    }
    expect(await seriesOf(controller, 'orquesta_instance_create_duration_seconds_count')).toBe(1);
    const created = 'orquesta_cloud_requests_total{endpoint="POST /v2/droplets",code="202"}';
    expect(await seriesOf(controller, created)).toBe(1);
    const step = 'orquesta_reconcile_steps_total{kind="Droplet",step="create",result="done"}';
    expect(await seriesOf(controller, step)).toBe(1);
    expect(
      await seriesOf(controller, 'orquesta_store_duration_seconds_count{operation="get"}'),
    ).toBeGreaterThan(1);
    expect(
      await seriesOf(controller, 'orquesta_queue_depth{state="waiting"}'),
    ).toBeGreaterThanOrEqual(0);
    for (const program of [controller, api]) {
      expect(await seriesOf(program, 'orquesta_instances{phase="completed"}')).toBe(1);
      expect(await seriesOf(program, 'orquesta_controllers')).toBe(1);
      expect(await seriesOf(program, 'orquesta_ledger_running_droplets')).toBe(1);
      expect((await program.request('GET', '/readyz')).status).toBe(200);
    }

    const fleet = await eventually('the controller has told', async () => {
      const { data } = (await (await api.request('GET', '/api/fleet')).json()) as {
        data: { budget: unknown; phases: { completed: number }; controllers: unknown[] };
      };
      return data.budget === null ? undefined : data;
    });
    expect(fleet).toMatchObject({ phases: { completed: 1 }, controllers: [{}] });

    await api.remove(NUMBER);
    const ledger = await (await api.request('GET', '/api/ledger')).json();
    expect(ledger).toMatchObject({
      data: {
        entries: [
          {
            name: `bot-${NUMBER}`,
            record: { kind: 'Instance', name: `bot-${NUMBER}` },
            to: expect.any(String),
            usdPerHour: 0.00595,
            origin: 'created',
          },
        ],
        totals: { running: 0, costUsdPerMonthNow: 0 },
        unexplained: 0,
      },
    });
    // Nothing that is asked of a controller but this is answered.
    expect((await controller.request('GET', '/api/instance/list')).status).toBe(404);
  });
});
