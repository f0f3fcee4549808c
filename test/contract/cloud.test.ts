import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Cloud, CloudError, CreateDroplet } from '../../src/cloud/cloud.ts';
import { DigitalOcean } from '../../src/cloud/digitalocean.ts';
import { dropletTemplate } from '../../src/resources/instance-class.ts';
import { Account } from '../../src/simulator/account.ts';
import { Faults } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { AccountCloud } from '../twins/account-cloud.ts';
import { unlimitedBudget } from '../twins/unlimited-budget.ts';

/** An account with room for `LIMIT` droplets, and an adapter to it. */
interface Rig {
  readonly cloud: Cloud;
  /** The same account with a token that is not taken. */
  readonly stranger: Cloud;
  close(): Promise<void>;
}

const LIMIT = 3;
const live = () => new AbortController().signal;

const wanted = (name: string, fields: Partial<CreateDroplet> = {}): CreateDroplet => ({
  name,
  template: dropletTemplate.parse({}),
  tags: ['orquesta', `orquesta-uid:${name}`],
  userData: '#cloud-config\n{}\n',
  ...fields,
});

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const limit = Date.now() + 20_000;
  while (true) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > limit) throw new Error('waited in vain');
    await systemClock.sleep(20);
  }
}

function cloudContract(name: string, start: () => Promise<Rig>): void {
  describe(`Cloud: ${name}`, () => {
    let rig: Rig;
    beforeEach(async () => {
      rig = await start();
    });
    afterEach(() => rig.close());

    const active = (id: number) =>
      until(async () => {
        const droplet = await rig.cloud.getDroplet(id, live());
        return droplet?.state === 'active' && droplet.ip !== undefined && droplet;
      });

    it('a droplet that is created comes up with what was asked for', async () => {
      const before = Date.now() - 2000;
      const made = await rig.cloud.createDroplet(wanted('bot-573332221111'), live());
      expect(made).toMatchObject({ name: 'bot-573332221111', state: 'new' });
      expect(made.ip).toBeUndefined();
      const droplet = await active(made.id);
      expect(droplet).toMatchObject({
        id: made.id,
        name: 'bot-573332221111',
        region: 'sfo3',
        size: 's-1vcpu-512mb-10gb',
        ip: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
      });
      expect(Date.parse(droplet.createdAt)).toBeGreaterThan(before);
      const tags = await until(async () => {
        const seen = (await rig.cloud.getDroplet(made.id, live()))?.tags ?? [];
        return seen.length > 0 && seen;
      });
      expect([...tags].sort()).toEqual(['orquesta', 'orquesta-uid:bot-573332221111']);
    });

    it('lists hold it in the end, and so does a look by its name in any case', async () => {
      const made = await rig.cloud.createDroplet(wanted('bot-1'), live());
      await rig.cloud.createDroplet(wanted('bot-11'), live());
      const found = await until(async () => {
        const all = await rig.cloud.findByName('BOT-1', live());
        return all.length > 0 && all;
      });
      expect(found.map(({ id }) => id)).toEqual([made.id]);
      await until(async () => (await rig.cloud.listDroplets(live())).length === 2);
      expect(await rig.cloud.findByName('bot', live())).toEqual([]);
    });

    it('names need not be unique', async () => {
      const [one, other] = [
        await rig.cloud.createDroplet(wanted('bot-2'), live()),
        await rig.cloud.createDroplet(wanted('bot-2'), live()),
      ];
      expect(one.id).not.toBe(other.id);
      await until(async () => (await rig.cloud.findByName('bot-2', live())).length === 2);
    });

    it('several droplets are made by one request, alike but for their names', async () => {
      const { name: _, ...shared } = wanted('any', { tags: ['orquesta', 'orquesta-pool:p1'] });
      const names = ['pool-a-1', 'pool-a-2', 'pool-a-3'];
      const made = await rig.cloud.createDroplets({ ...shared, names }, live());
      expect(made.map(({ name }) => name).sort()).toEqual(names);
      expect(new Set(made.map(({ id }) => id)).size).toBe(3);
      for (const { id, name } of made) {
        await active(id);
        const droplet = await until(async () => {
          const seen = await rig.cloud.getDroplet(id, live());
          return seen !== undefined && seen.tags.length > 0 && seen;
        });
        expect(droplet.name).toBe(name);
        expect([...droplet.tags].sort()).toEqual(['orquesta', 'orquesta-pool:p1']);
      }
    });

    it('several that the account has no room for are quota, and none of them is made', async () => {
      await rig.cloud.createDroplet(wanted('bot-50'), live());
      const { name: _, ...shared } = wanted('any');
      const names = ['pool-a-1', 'pool-a-2', 'pool-a-3'];
      await expect(rig.cloud.createDroplets({ ...shared, names }, live())).rejects.toMatchObject({
        kind: 'quota',
      });
      await until(async () => (await rig.cloud.listDroplets(live())).length === 1);
    });

    it('a droplet takes another name, and is found by it', async () => {
      const { id } = await rig.cloud.createDroplet(wanted('pool-a-4'), live());
      await active(id);
      // The create's own action may be said to run for a moment more.
      await until(() =>
        rig.cloud.rename(id, 'bot-573332221111', live()).then(
          () => true,
          (error: CloudError) => {
            if (error.kind !== 'try-again') throw error;
            return false;
          },
        ),
      );
      await until(
        async () => (await rig.cloud.getDroplet(id, live()))?.name === 'bot-573332221111',
      );
      expect((await rig.cloud.findByName('bot-573332221111', live())).map((d) => d.id)).toEqual([
        id,
      ]);
      expect(await rig.cloud.findByName('pool-a-4', live())).toEqual([]);
      await expect(rig.cloud.rename(999_999_999, 'bot-1', live())).rejects.toMatchObject({
        status: 404,
      });
    });

    it('a deleted droplet is absent in the end, and deleting it again says so', async () => {
      const { id } = await rig.cloud.createDroplet(wanted('bot-3'), live());
      await active(id);
      expect(await rig.cloud.deleteDroplet(id, live())).toBe('accepted');
      await until(async () => (await rig.cloud.getDroplet(id, live())) === undefined);
      expect(await rig.cloud.deleteDroplet(id, live())).toBe('absent');
      expect(await rig.cloud.listDroplets(live())).toEqual([]);
    });

    it('nobody knows an id that never was', async () => {
      expect(await rig.cloud.getDroplet(999_999_999, live())).toBeUndefined();
      expect(await rig.cloud.deleteDroplet(999_999_999, live())).toBe('absent');
      await expect(rig.cloud.act(999_999_999, 'reboot', live())).rejects.toMatchObject({
        kind: 'refused',
        status: 404,
      });
    });

    it('a droplet can be turned off and on', async () => {
      const { id } = await rig.cloud.createDroplet(wanted('bot-4'), live());
      await active(id);
      await rig.cloud.act(id, 'power_off', live());
      await until(async () => (await rig.cloud.getDroplet(id, live()))?.state === 'off');
      // The action may be said to run for a moment more.
      await until(() =>
        rig.cloud.act(id, 'power_on', live()).then(
          () => true,
          () => false,
        ),
      );
      await active(id);
    });

    it('a full account is quota, and says how many it may hold', async () => {
      expect(await rig.cloud.dropletLimit(live())).toBe(LIMIT);
      for (let i = 0; i < LIMIT; i++) await rig.cloud.createDroplet(wanted(`bot-5${i}`), live());
      await expect(rig.cloud.createDroplet(wanted('bot-59'), live())).rejects.toMatchObject({
        name: 'CloudError',
        kind: 'quota',
        status: 422,
      });
    });

    it('tells what the sizes cost', async () => {
      const prices = await rig.cloud.sizePrices(live());
      expect(prices['s-1vcpu-512mb-10gb']).toEqual({ usdPerHour: 0.00595, usdPerMonth: 4 });
      expect(Object.keys(prices).length).toBeGreaterThan(3);
    });

    it('what it will never take is refused', async () => {
      const bad: readonly CreateDroplet[] = [
        wanted('not_a_hostname'),
        wanted('bot-6', { template: dropletTemplate.parse({ image: 'no-such-image' }) }),
        wanted('bot-6', { userData: 'x'.repeat(70_000) }),
      ];
      for (const request of bad) {
        await expect(rig.cloud.createDroplet(request, live())).rejects.toMatchObject({
          kind: 'refused',
        });
      }
      expect(await rig.cloud.listDroplets(live())).toEqual([]);
    });

    it('a token that is not taken is unauthorized for every call', async () => {
      const { stranger } = rig;
      const { name: _, ...shared } = wanted('any');
      const calls: readonly Promise<unknown>[] = [
        stranger.listDroplets(live()),
        stranger.findByName('bot-7', live()),
        stranger.getDroplet(7, live()),
        stranger.createDroplet(wanted('bot-7'), live()),
        stranger.createDroplets({ ...shared, names: ['bot-7', 'bot-8'] }, live()),
        stranger.rename(7, 'bot-7', live()),
        stranger.deleteDroplet(7, live()),
        stranger.act(7, 'reboot', live()),
        stranger.dropletLimit(live()),
        stranger.sizePrices(live()),
      ];
      await Promise.all(
        calls.map((call) => expect(call).rejects.toMatchObject({ kind: 'unauthorized' })),
      );
    });

    it('sends no create whose time is over', async () => {
      const { name, ...shared } = wanted('bot-8', { notAfter: Date.now() - 1 });
      const calls = [
        rig.cloud.createDroplet({ ...shared, name }, live()),
        rig.cloud.createDroplets({ ...shared, names: [name] }, live()),
      ];
      for (const call of calls) await expect(call).rejects.toMatchObject({ kind: 'try-again' });
      expect(await rig.cloud.listDroplets(live())).toEqual([]);
    });

    it('asks nothing for a caller that has given up', async () => {
      await expect(
        rig.cloud.createDroplet(wanted('bot-8'), AbortSignal.abort()),
      ).rejects.toMatchObject({ kind: 'try-again' });
      expect(await rig.cloud.listDroplets(live())).toEqual([]);
    });
  });
}

cloudContract('DigitalOcean over the simulator', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'orquesta-cloud-'));
  const token = 'dop_v1_taken';
  const simulator = await startSimulator({
    dataDir,
    light: true,
    token,
    account: { dropletLimit: LIMIT },
  });
  const deps = { url: simulator.url, budget: unlimitedBudget, clock: systemClock };
  const cloud = new DigitalOcean({ ...deps, token });
  const stranger = new DigitalOcean({ ...deps, token: 'dop_v1_other' });
  return {
    cloud,
    stranger,
    close: async () => {
      cloud.close();
      stranger.close();
      await simulator.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
});

cloudContract('the account in memory', async () => {
  const clock = systemClock;
  const account = new Account({ clock, random: Math.random, options: { dropletLimit: LIMIT } });
  const faults = new Faults(Math.random);
  const refusing = new Faults(Math.random);
  refusing.set([{ fault: { kind: 'unauthorized' } }]);
  const deps = { account, clock, random: Math.random };
  return {
    cloud: new AccountCloud({ ...deps, faults }),
    stranger: new AccountCloud({ ...deps, faults: refusing }),
    close: async () => {},
  };
});
