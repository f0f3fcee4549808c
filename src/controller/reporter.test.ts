import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { MemoryCloudView } from '../../test/twins/memory-cloud-view.ts';
import { MemoryControllerReports } from '../../test/twins/memory-controller-reports.ts';
import { VirtualClock } from '../../test/twins/virtual-clock.ts';
import { CloudError } from '../cloud/cloud.ts';
import type { Prices } from '../resources/price.ts';
import { Reporter } from './reporter.ts';

const PRICES: Prices = { small: { usdPerHour: 0.00595, usdPerMonth: 4 } };
const DAY_MS = 24 * 3_600_000;

function aReporter() {
  const clock = new VirtualClock();
  const reports = new MemoryControllerReports({ clock });
  const cloudView = new MemoryCloudView({ newId: () => 'c1' });
  const world = {
    clock,
    reports,
    cloudView,
    asked: 0,
    repairs: undefined as string | undefined,
    answer: async (): Promise<Prices> => PRICES,
  };
  const reporter = new Reporter({
    id: 'one',
    reports,
    cloudView,
    cloud: {
      sizePrices: () => {
        world.asked += 1;
        return world.answer();
      },
    },
    budget: async () => ({ minute: { limit: 50, left: 49 }, hour: { limit: 500, left: 499 } }),
    brakes: () => ({ repairs: world.repairs, replacements: undefined }),
    clock,
    log: pino({ level: 'silent' }),
  });
  return Object.assign(world, { reporter });
}

describe('the reporter', () => {
  it('tells what its process knows, again and again, and takes itself off at the end', async () => {
    const world = aReporter();
    world.reporter.start();
    await world.clock.advance(1);
    expect(await world.reports.alive()).toMatchObject([
      { id: 'one', brakes: { repairs: null, replacements: null }, budget: { hour: { left: 499 } } },
    ]);
    world.repairs = '7 of 10 bots look sick';
    await world.clock.advance(60_000);
    expect(await world.reports.alive()).toMatchObject([
      { brakes: { repairs: '7 of 10 bots look sick' } },
    ]);
    await world.reporter.close();
    expect(await world.reports.alive()).toEqual([]);
  });

  it('asks for the prices once a day', async () => {
    const world = aReporter();
    world.reporter.start();
    await world.clock.advance(DAY_MS - 1);
    expect(world.asked).toBe(1);
    expect((await world.cloudView.prices())?.prices).toEqual(PRICES);
    await world.clock.advance(DAY_MS);
    expect(world.asked).toBe(2);
    await world.reporter.close();
  });

  it('leaves the prices to whoever asked first', async () => {
    const world = aReporter();
    await world.cloudView.setPrices(PRICES, world.clock.now() - 1);
    world.reporter.start();
    await world.clock.advance(DAY_MS / 2);
    expect(world.asked).toBe(0);
    await world.reporter.close();
  });

  it('asks again in ten minutes when DigitalOcean did not tell, and reports all the same', async () => {
    const world = aReporter();
    world.answer = () => Promise.reject(new CloudError('outcome-unknown', 'no answer'));
    world.reporter.start();
    await world.clock.advance(599_000);
    expect(world.asked).toBe(1);
    await world.clock.advance(10_000);
    expect(world.asked).toBe(2);
    expect(await world.reports.alive()).toHaveLength(1);
    await world.reporter.close();
  });
});
