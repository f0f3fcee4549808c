// Whatever is lost, fails, crashes or is written by nobody: in the end the ledger tells of every droplet that was ever made.

import { pino } from 'pino';
import { expect, it } from 'vitest';
import { bookRecords, bookSweeps } from '../../src/controller/ledger.ts';
import { clusterTag } from '../../src/resources/cloud-droplet.ts';
import { type LedgerEntry, unexplainedAmong } from '../../src/resources/ledger.ts';
import { controllerOwner } from '../../src/resources/meta.ts';
import { StoreError } from '../../src/store/store.ts';
import { MemoryLedger } from '../twins/memory-ledger.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { simulate } from './simulate.ts';
import type { World } from './world.ts';

const SEEDS = 25;
/** Also for a droplet whose record was gone before the ledger could be written: an orphan is left alone for ten minutes. */
const SETTLES_MS = 900_000;

/** A ledger of which a part of the writes never happens, as when the process dies before them. */
class FailingLedger extends MemoryLedger {
  fails: () => boolean = () => false;

  override async write(...args: Parameters<MemoryLedger['write']>): Promise<void> {
    if (this.fails()) throw new StoreError('unavailable', 'lost');
    await super.write(...args);
  }
}

async function run(seed: number) {
  const random = seededRandom(seed);
  let ledger: FailingLedger | undefined;
  let world: World | undefined;
  const { problem } = await simulate(seed, {
    tamper: (ports, all) => {
      world = all;
      ledger ??= new FailingLedger({ clock: all.clock });
      ledger.fails = () => random() < 0.4;
      const records = () => all.store.peekAll('Droplet');
      const objects = {
        get: (_: 'Droplet', name: string) =>
          records().find(({ metadata }) => metadata.name === name),
        list: () => ({ items: records() }),
      };
      const deps = { ledger, objects: objects as never, log: pino({ level: 'silent' }) };
      return {
        ...ports,
        store: bookRecords(ports.store, deps),
        cloudView: bookSweeps(ports.cloudView, deps),
      };
    },
  });
  if (!world || !ledger || problem) throw new Error(`seed ${seed}: ${problem}`);
  ledger.fails = () => false;
  await world.advance(SETTLES_MS);
  return { world, entries: await ledger.all() };
}

const idsOf = (entries: readonly { readonly dropletId?: number | undefined }[]) =>
  entries.map(({ dropletId }) => dropletId).sort();

it('the ledger is whole after any day', async () => {
  let booked = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { world, entries } = await run(seed);
    const story = `seed ${seed}`;
    const ours = world.account.ledger
      .report()
      .droplets.filter(({ tags }) => tags.includes(clusterTag('c1')));
    expect(idsOf(entries), story).toEqual(idsOf(ours.map(({ id }) => ({ dropletId: id }))));
    const running = (entry: LedgerEntry) => entry.to === undefined;
    const living = ours.filter(({ goneAt }) => goneAt === undefined);
    expect(idsOf(entries.filter(running)), story).toEqual(
      idsOf(living.map(({ id }) => ({ dropletId: id }))),
    );
    expect(unexplainedAmong(await world.view.all(), entries, 'c1'), story).toBe(0);
    for (const { metadata, status } of world.store.peekAll('Droplet')) {
      const owner = controllerOwner(metadata) ?? { kind: 'Droplet', ...metadata };
      const { record } = entries.find(({ dropletId }) => dropletId === status?.id) ?? {};
      expect(record, story).toMatchObject({ kind: owner.kind, name: owner.name, uid: owner.uid });
    }
    for (const { dropletId, to } of entries) {
      const goneAt = ours.find(({ id }) => id === dropletId)?.goneAt;
      if (goneAt === undefined || to === undefined) continue;
      expect(Date.parse(to), story).toBeGreaterThan(goneAt - 5_000);
    }
    booked += entries.length;
  }
  expect(booked).toBeGreaterThan(SEEDS);
});
