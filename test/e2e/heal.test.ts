// Proves that what breaks is healed on real processes: rung by rung, and not at all while a brake holds.
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { eventually } from '../eventually.ts';
import { inWorld as it, type Program, type World } from './program.ts';

/** The simulator's own class, looking each second, so that a sickness is noticed soon. */
const { spec } = parse(readFileSync('examples/classes/default.yaml', 'utf8')) as { spec: object };
const WATCHED = JSON.stringify({
  apiVersion: 'orquesta.clientfy.io/v1',
  kind: 'InstanceClass',
  metadata: { name: 'watched' },
  spec: {
    ...spec,
    health: { intervalSeconds: 1, failureThreshold: 2, startupSeconds: 4 },
    retries: { replaceDroplet: 1 },
  },
});
const NUMBER = '573332221111';

interface Bot {
  readonly program: Program;
  readonly dropletId: number;
  /** Does something to its droplet from outside, as the simulator allows. */
  suffers(action: string, body?: unknown): Promise<void>;
  /** The droplet that it runs on once it has been unwell and is well again. */
  healed(): Promise<number | undefined>;
}

async function watchedBot(world: World, program: Program, number = NUMBER): Promise<Bot> {
  const answer = await program.request('POST', '/api/instance/create', {
    numberphone: number,
    className: 'watched',
  });
  expect(answer.status).toBe(202);
  const { instanceInfo } = await program.reaches(number, 'completed');
  const dropletId = instanceInfo?.dropletId ?? 0;
  return {
    program,
    dropletId,
    suffers: (action, body) => world.suffers(dropletId, action, body),
    healed: async () => {
      await eventually('the sickness is noticed', async () => {
        const { status } = await program.status(number);
        return status !== 'completed';
      });
      return (await program.reaches(number, 'completed', 'failed')).instanceInfo?.dropletId;
    },
  };
}

async function aBot(world: World): Promise<Bot> {
  const program = await world.run();
  await program.apply(WATCHED);
  return watchedBot(world, program);
}

describe.concurrent('a bot', () => {
  it('that hangs until it is restarted is restarted, on the same droplet', async ({ world }) => {
    const bot = await aBot(world);
    await bot.suffers('break-bot', { until: 'restart' });
    expect(await bot.healed()).toBe(bot.dropletId);
  });

  it('that answers TCP and not HTTP is restarted too', async ({ world }) => {
    const bot = await aBot(world);
    await bot.suffers('kill-bot', { signal: 'STOP' });
    expect(await bot.healed()).toBe(bot.dropletId);
  });

  it('that a restart does not help is rebooted with its droplet', async ({ world }) => {
    const bot = await aBot(world);
    await bot.suffers('break-bot', { until: 'reboot' });
    expect(await bot.healed()).toBe(bot.dropletId);
  });

  it('that nothing helps gets a new droplet, and the old one goes', async ({ world }) => {
    const bot = await aBot(world);
    await bot.suffers('break-bot', { until: 'forever' });
    await eventually('it is completed on another droplet', async () => {
      const { status, instanceInfo } = await bot.program.status(NUMBER);
      return status === 'completed' && instanceInfo?.dropletId !== bot.dropletId;
    });
    expect([world.live(), world.made()]).toEqual([1, 2]);
  });
});

describe.concurrent('a droplet', () => {
  it('that is off is powered on', async ({ world }) => {
    const bot = await aBot(world);
    await bot.suffers('power-off');
    expect(await bot.healed()).toBe(bot.dropletId);
  });

  it('that was destroyed by hand is created again, once', async ({ world }) => {
    const bot = await aBot(world);
    await bot.suffers('vanish');
    expect(await bot.healed()).not.toBe(bot.dropletId);
    expect([world.live(), world.made()]).toEqual([1, 2]);
  });
});

describe.concurrent('a fleet', () => {
  it('of which more than a fifth is sick at once is not repaired, and says so', async ({
    world,
  }) => {
    const first = await aBot(world);
    const others = await Promise.all(
      [1, 2, 3].map((n) => watchedBot(world, first.program, `57333222000${n}`)),
    );
    // Off the network for longer than any rung takes: nothing but the brake keeps them from being replaced.
    for (const bot of others) await bot.suffers('break-bot', { until: 'forever' });
    await eventually('each of them says that repairs are held', async () => {
      const list = await first.program.request('GET', '/api/instance/list');
      return (await list.text()).split('parecen enfermos a la vez').length > others.length;
    });
    expect(world.made()).toBe(4);
  });
});
