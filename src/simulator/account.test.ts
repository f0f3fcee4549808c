import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { Account } from './account.ts';
import type { AccountOptions } from './account-options.ts';
import type { BirthFault } from './faults.ts';
import { findPlace } from './place.ts';
import type { CreateSpec } from './records.ts';

/** A clock that stands still until it is moved. */
function handClock(): Clock & { move(ms: number): void } {
  let now = Date.UTC(2026, 0, 1);
  return {
    now: () => now,
    sleep: () => Promise.reject(new Error('the account must not sleep')),
    move: (ms) => {
      now += ms;
    },
  };
}

function anAccount(options: Partial<AccountOptions> = {}) {
  const clock = handClock();
  const account = new Account({ clock, random: () => 0.5, options });
  const create = (
    names: readonly string[],
    faults: readonly BirthFault[] = [],
    tags = ['orquesta'],
  ) => account.create({ ...aSpec, names, tags }, faults);
  return { account, clock, create };
}

const aSpec: CreateSpec = {
  ...findPlace('sfo3', 's-1vcpu-512mb-10gb', 'ubuntu-24-04-x64'),
  names: [],
  tags: [],
  userData: '',
  publicKeys: [],
  features: [],
  vpcUuid: undefined,
};
const MINUTE = 60_000;

describe('a created droplet', () => {
  it('is new without an address, gets its address, and only then becomes active', () => {
    const { account, clock, create } = anAccount({
      bootMs: { least: 1000, most: 1000 },
      addressLeadMs: { least: 300, most: 300 },
    });
    const [droplet] = create(['bot-1']);
    if (droplet === undefined) throw new Error('nothing was made');
    expect(droplet).toMatchObject({ status: 'new', addressShown: false, powered: false });
    clock.move(700);
    account.settle();
    expect(droplet).toMatchObject({ status: 'new', addressShown: true, powered: true });
    clock.move(300);
    account.settle();
    expect(droplet.status).toBe('active');
    expect(droplet.actions.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'create completed',
    ]);
  });

  it('is missing from every list at first, the name filter included, but not from a look by id', () => {
    const { account, clock, create } = anAccount({ listLagMs: { least: 2000, most: 2000 } });
    const [droplet] = create(['bot-1']);
    expect(account.list({})).toEqual([]);
    expect(account.list({ name: 'bot-1' })).toEqual([]);
    expect(account.get(droplet?.id ?? 0)).toBe(droplet);
    clock.move(2000);
    expect(account.list({ name: 'BOT-1' })).toEqual([droplet]);
  });

  it('gets its tags late, and none of them when one has a bad character', () => {
    const { account, clock, create } = anAccount({ tagLagMs: { least: 500, most: 500 } });
    const [good] = create(['good'], [], ['orquesta', 'a:b']);
    const [bad] = create(['bad'], [], ['orquesta', '+57']);
    expect(good?.tags).toEqual([]);
    clock.move(MINUTE);
    account.settle();
    expect(good?.tags).toEqual(['orquesta', 'a:b']);
    expect(bad?.tags).toEqual([]);
    expect(account.list({ tag: 'orquesta' })).toEqual([good]);
  });

  it('does not fit into a full account, and then none of its names is made', () => {
    const { account, create } = anAccount({ dropletLimit: 3 });
    create(['a', 'b']);
    expect(() => create(['c', 'd'])).toThrow('will exceed your droplet limit');
    expect(account.living()).toHaveLength(2);
  });

  it('counts towards the limit until it is really gone', () => {
    const { account, clock, create } = anAccount({
      dropletLimit: 1,
      deleteMs: { least: 900, most: 900 },
    });
    const [droplet] = create(['a']);
    account.delete(droplet?.id ?? 0);
    expect(() => create(['b'])).toThrow('limit');
    clock.move(900);
    expect(create(['b'])).toHaveLength(1);
  });
});

describe('deleting', () => {
  it('is accepted at once, and the droplet is still listed until it is gone', () => {
    const { account, clock, create } = anAccount({ deleteMs: { least: 4000, most: 4000 } });
    const [droplet] = create(['a']);
    const id = droplet?.id ?? 0;
    clock.move(MINUTE);
    account.delete(id);
    clock.move(3999);
    expect(account.list({})).toHaveLength(1);
    account.delete(id);
    clock.move(1);
    expect(account.list({})).toEqual([]);
    expect(() => account.get(id)).toThrow('could not be found');
    expect(() => account.delete(id)).toThrow('could not be found');
    expect(account.ledger.report().droplets).toMatchObject([{ id, goneWhy: 'deleted' }]);
  });

  it('can be ignored', () => {
    const { account, clock, create } = anAccount();
    const [droplet] = create(['a']);
    account.delete(droplet?.id ?? 0, { ignored: true });
    clock.move(10 * MINUTE);
    expect(account.list({})).toEqual([droplet]);
  });

  it('frees the address for the next droplet', () => {
    const { account, clock, create } = anAccount();
    const [first] = create(['a']);
    clock.move(MINUTE);
    account.delete(first?.id ?? 0);
    clock.move(MINUTE);
    const [second] = create(['b']);
    clock.move(MINUTE);
    account.settle();
    expect(second?.address).toBe(first?.address);
  });
});

describe('actions', () => {
  const running = () => {
    const given = anAccount();
    const [droplet] = given.create(['a']);
    if (droplet === undefined) throw new Error('nothing was made');
    given.clock.move(MINUTE);
    given.account.settle();
    return { ...given, droplet };
  };

  it('come one at a time: a second is refused while one runs, on a newborn too', () => {
    const { account, clock, create, droplet } = running();
    account.act(droplet.id, 'power_off');
    expect(() => account.act(droplet.id, 'power_on')).toThrow('pending event');
    clock.move(MINUTE);
    account.act(droplet.id, 'power_on');
    const [newborn] = create(['b']);
    expect(() => account.act(newborn?.id ?? 0, 'reboot')).toThrow('pending event');
  });

  it('switch the power, and count a boot for each start', () => {
    const { account, clock, droplet } = running();
    const act = (type: Parameters<Account['act']>[1]) => {
      const action = account.act(droplet.id, type);
      clock.move(MINUTE);
      account.settle();
      return `${action.status} ${droplet.status} ${droplet.powered} ${droplet.boots}`;
    };
    expect(act('reboot')).toBe('completed active true 2');
    expect(act('shutdown')).toBe('completed off false 2');
    expect(act('reboot')).toBe('errored off false 2');
    expect(act('power_on')).toBe('completed active true 3');
    expect(act('power_on')).toBe('completed active true 3');
    expect(act('power_cycle')).toBe('completed active true 4');
  });

  it('are refused on a locked droplet', () => {
    const { account, droplet } = running();
    account.lock(droplet.id, true);
    expect(() => account.act(droplet.id, 'reboot')).toThrow('locked');
    expect(() => account.delete(droplet.id)).toThrow('locked');
  });
});

describe('faults from birth', () => {
  const grown = (fault: BirthFault, ms = MINUTE) => {
    const given = anAccount();
    const [droplet] = given.create(['a'], [fault]);
    if (droplet === undefined) throw new Error('nothing was made');
    given.clock.move(ms);
    given.account.settle();
    return { ...given, droplet };
  };

  it('vanish: accepted, then never seen', () => {
    const { account } = grown({ kind: 'vanish', afterMs: 0 });
    expect(account.living()).toEqual([]);
    expect(account.ledger.report().droplets).toMatchObject([{ name: 'a', goneWhy: 'vanished' }]);
  });

  it('hidden: not found by id for a while, then there', () => {
    const { account, clock, droplet } = grown({ kind: 'hidden', ms: 2 * MINUTE });
    expect(() => account.get(droplet.id)).toThrow('could not be found');
    clock.move(MINUTE);
    expect(account.get(droplet.id).status).toBe('active');
  });

  it('never-active: stays new without an address', () => {
    expect(grown({ kind: 'never-active' }, 60 * MINUTE).droplet).toMatchObject({
      status: 'new',
      addressShown: false,
    });
  });

  it('address-late: active before the address can be read', () => {
    const { account, clock, droplet } = grown({ kind: 'address-late', ms: 2 * MINUTE });
    expect(droplet).toMatchObject({ status: 'active', addressShown: false });
    clock.move(2 * MINUTE);
    account.settle();
    expect(droplet.addressShown).toBe(true);
  });

  it('twin: two of one name, both with the tags', () => {
    const { account } = grown({ kind: 'twin' });
    expect(account.list({ tag: 'orquesta' }).map(({ name }) => name)).toEqual(['a', 'a']);
    const [asked, unasked] = account.ledger.report().droplets;
    expect([asked?.twinOf, unasked?.twinOf]).toEqual([undefined, asked?.id]);
  });

  it('power-off: off by itself', () => {
    const { droplet } = grown({ kind: 'power-off', afterMs: 5000 });
    expect(droplet).toMatchObject({ status: 'off', powered: false });
  });

  it('tags-never: no tags', () => {
    expect(grown({ kind: 'tags-never' }).droplet.tags).toEqual([]);
  });
});
