import { describe, expect, it } from 'vitest';
import { aDroplet } from '../../../test/builders.ts';
import { dropletSpec } from '../../resources/droplet.ts';
import { driftCondition, driftOf, withImage } from './drift.ts';

const have = dropletSpec.parse({});

describe('drift', () => {
  it.each([
    ['nothing', {}, []],
    ['the size', { size: 's-2vcpu-4gb' }, ['size s-1vcpu-512mb-10gb → s-2vcpu-4gb']],
    ['a snapshot as image', { image: 4711 }, ['image ubuntu-24-04-x64 → 4711']],
    ['a network', { vpcUUID: 'ab' }, ['vpcUUID none → ab']],
    ['tags', { tags: ['b', 'a'] }, ['tags [] → [a, b]']],
    [
      'several fields',
      { region: 'ams3', backups: true },
      ['region sfo3 → ams3', 'backups false → true'],
    ],
  ])('by %s is told', (_, edit, fields) => {
    expect(driftOf(have, { ...have, ...edit })).toEqual(fields);
  });

  it('is none when only the order of tags differs', () => {
    expect(driftOf({ ...have, tags: ['a', 'b'] }, { ...have, tags: ['b', 'a'] })).toEqual([]);
  });

  it('is none when DIGITALOCEAN_IMAGE stood in for the default image', () => {
    const made = withImage(have, 'debian-13-x64');
    expect(driftOf(made, withImage(have, 'debian-13-x64'))).toEqual([]);
    expect(driftOf(made, withImage(have, undefined))).toHaveLength(1);
    expect(withImage({ ...have, image: 4711 }, 'debian-13-x64').image).toBe(4711);
  });

  it('is a condition that names the fields and the way out', () => {
    const want = { ...have, size: 's-2vcpu-4gb' };
    const told = driftCondition(aDroplet(), want, false);
    expect(told).toMatchObject({ status: 'True', reason: 'ClassChanged' });
    expect(told.message).toContain('size s-1vcpu-512mb-10gb → s-2vcpu-4gb');
    expect(told.message).toContain('orquesta.clientfy.io/replace: "true"');
    expect(told.message).toMatch(/; the WhatsApp session on it is lost then$/);
    const kept = driftCondition(aDroplet(), want, true).message;
    expect(kept).toMatch(/; it gets the WhatsApp session as it was saved last$/);
    expect(driftCondition(aDroplet(), have, false).status).toBe('False');
  });

  it('is unknown where there is nothing to compare', () => {
    expect(driftCondition(undefined, have, false).status).toBe('Unknown');
    expect(driftCondition(aDroplet(), undefined, false).status).toBe('Unknown');
    const adopted = aDroplet({ status: { id: 1, adopted: true } });
    expect(driftCondition(adopted, { ...have, size: 'x' }, false).status).toBe('Unknown');
  });
});
