// Proves that the program goes on where it was, with one droplet, whatever phase it is killed in.
import { describe, expect } from 'vitest';
import { inWorld as it, type Program } from './program.ts';

const NUMBER = '573332221111';

const createBot = async (program: Program): Promise<void> => {
  const answer = await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
  expect(answer.status).toBe(202);
};

describe.concurrent('killed with -9 and started again', () => {
  for (const phase of ['creating_droplet', 'waiting_for_ssh', 'initializing', 'completed']) {
    it(`in ${phase}: goes on, with one droplet`, async ({ world }) => {
      const first = await world.run();
      await createBot(first);
      await first.reaches(NUMBER, phase, 'completed');
      await first.kill();
      const second = await world.run();
      await second.reaches(NUMBER, 'completed');
      expect(world.made()).toBe(1);
    });
  }

  it('while a deletion runs: nothing is left in the cloud', async ({ world }) => {
    const first = await world.run();
    await createBot(first);
    await first.reaches(NUMBER, 'completed');
    await first.request('DELETE', `/api/instance/${NUMBER}`);
    await first.kill();
    const second = await world.run();
    await second.forgets(NUMBER);
    expect(world.live()).toBe(0);
  });
});

describe.concurrent('told to stop', () => {
  it('hands over within 10 s, even while a bootstrap runs, and another goes on', async ({
    world,
  }) => {
    const first = await world.run();
    await createBot(first);
    await first.reaches(NUMBER, 'initializing', 'completed');
    const { code, tookMs } = await first.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    const second = await world.run();
    await second.reaches(NUMBER, 'completed');
    expect(world.made()).toBe(1);
  });
});
