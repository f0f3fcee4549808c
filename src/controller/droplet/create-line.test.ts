import { describe, expect, it } from 'vitest';
import { aDroplet, T0, time } from '../../../test/builders.ts';
import type { Droplet } from '../../resources/droplet.ts';
import { expectedStart } from './create-line.ts';

const SECOND = 1000;
const DECLARED = 0;

const waiting = (name: string, declared = DECLARED): Droplet =>
  aDroplet({ metadata: { name, creationTimestamp: time(declared) } });

/** One that DigitalOcean accepted so many seconds after T0. */
const accepted = (name: string, at: number): Droplet =>
  aDroplet({ metadata: { name }, status: { id: at + 1, acceptedAt: time(at) } });

const line = (count: number): Droplet[] =>
  Array.from({ length: count }, (_, at) => waiting(`bot-${String(at).padStart(4, '0')}`));

/** From one second after T0 to another, one each `every` seconds. */
const went = (from: number, to: number, every: number): Droplet[] =>
  Array.from({ length: Math.floor((to - from) / every) }, (_, at) =>
    accepted(`gone-${at}`, from + at * every),
  );

const secondsFor = (droplets: readonly Droplet[], one: string, now: number): number => {
  const mine = droplets.find(({ metadata }) => metadata.name === one);
  if (!mine) throw new Error(`There is no ${one}.`);
  return (expectedStart(droplets, mine, T0 + now * SECOND) - T0) / SECOND - now;
};

describe('when a create that waits is expected to begin', () => {
  it('is now for the first, and by how many were declared before it for the others', () => {
    expect(secondsFor(line(131), 'bot-0000', 5)).toBe(0);
    expect(secondsFor(line(131), 'bot-0065', 5)).toBeCloseTo(60);
    expect(secondsFor(line(131), 'bot-0130', 5)).toBeCloseTo(120);
  });

  it('counts who was declared at the same moment by name, and neither who is asked for, has failed nor is being deleted', () => {
    const intent = { attempt: 1, startedAt: time(0), hostKey: 'ssh-ed25519 A', known: [] };
    const others = [
      aDroplet({ metadata: { name: 'a-asked' }, status: { intent } }),
      aDroplet({ metadata: { name: 'a-going', deletionTimestamp: time(1) } }),
      waiting('b-later', 1),
      waiting('z-same'),
    ];
    expect(secondsFor([...others, waiting('m')], 'm', 5)).toBe(0);
    expect(secondsFor([...others, waiting('m')], 'z-same', 5)).toBeGreaterThan(0);
  });

  it('follows the pace at which creates really go: another program takes of the same token', () => {
    // One each 3 s instead of 65 a minute.
    const droplets = [...line(100), ...went(0, 300, 3)];
    expect(secondsFor(droplets, 'bot-0050', 300)).toBeCloseTo(150, -1);
  });

  it('does not take the burst at the beginning for the pace', () => {
    const burst = Array.from({ length: 148 }, (_, at) => accepted(`first-${at}`, 0));
    expect(secondsFor([...burst, ...line(100)], 'bot-0065', 40)).toBeCloseTo(60);
    expect(secondsFor([...burst, ...line(100), ...went(20, 60, 4)], 'bot-0065', 60)).toBeCloseTo(
      60,
    );
  });

  it('takes no account of the time before anybody waited', () => {
    const late = [waiting('bot-1', 590), waiting('bot-2', 590), ...went(0, 500, 50)];
    expect(secondsFor(late, 'bot-2', 600)).toBeCloseTo(60 / 65);
  });

  it('says no more than it knows while none went: the pace that is usual', () => {
    expect(secondsFor(line(66), 'bot-0065', 600)).toBeCloseTo(60);
  });
});
