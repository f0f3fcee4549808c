import { describe, expect, it } from 'vitest';
import type { Resource } from '../resources/meta.ts';
import { fieldText, fromFieldsV1, leavesOf, toFieldsV1 } from './field-set.ts';
import { afterUpdate, apply } from './managed-fields.ts';

type Parts = Pick<Resource, 'metadata' | 'spec' | 'status'>;
const parts = (spec: unknown, metadata: object = {}): Parts => ({
  metadata: metadata as Parts['metadata'],
  spec,
});
const by = (manager: string) => ({ manager, now: '2026-01-01T00:00:00Z' });
const applied = (live: Parts, spec: unknown, manager: string, force = false, metadata = {}) => {
  const outcome = apply(live, parts(spec, metadata), by(manager), { force });
  if (outcome.conflicts) throw new Error(JSON.stringify(outcome.conflicts));
  return outcome.object;
};

describe('server-side apply', () => {
  const first = applied(parts({}), { a: 1, b: { c: 2 }, list: [1] }, 'one');

  it('sets what it names and owns it', () => {
    expect(first.spec).toEqual({ a: 1, b: { c: 2 }, list: [1] });
    expect(first.metadata.managedFields).toMatchObject([
      {
        manager: 'one',
        operation: 'Apply',
        fieldsV1: { 'f:spec': { 'f:a': {}, 'f:b': { 'f:c': {} }, 'f:list': {} } },
      },
    ]);
  });

  it('removes what it names no more, unless another owns it too', () => {
    const shared = applied(first, { a: 1 }, 'two');
    const left = applied(shared, { list: [1] }, 'one');
    expect(left.spec).toEqual({ a: 1, b: {}, list: [1] });
    expect(applied(first, { b: { c: 2 } }, 'one').spec).toEqual({ b: { c: 2 } });
  });

  it('names the manager and the field of a conflict; equal values are none; force takes over', () => {
    const outcome = apply(first, parts({ a: 2, b: { c: 2 } }), by('two'), { force: false });
    expect(outcome.conflicts).toEqual([{ manager: 'one', field: '.spec.a' }]);
    const forced = applied(first, { a: 2 }, 'two', true);
    expect(forced.spec).toMatchObject({ a: 2 });
    expect(forced.metadata.managedFields?.[0]?.fieldsV1).toEqual({
      'f:spec': { 'f:b': { 'f:c': {} }, 'f:list': {} },
    });
  });

  it('keeps the time of an entry when nothing changes', () => {
    const later = { manager: 'one', now: '2027-01-01T00:00:00Z' };
    const outcome = apply(first, parts(first.spec), later, { force: false });
    expect(outcome).toMatchObject({
      object: { metadata: { managedFields: first.metadata.managedFields } },
    });
  });

  it('merges sets, and forgets a manager that owns nothing', () => {
    const live = applied(parts({}), undefined, 'one', false, { finalizers: ['x.io/a'] });
    const both = applied(live, undefined, 'two', false, { finalizers: ['x.io/b'] });
    expect(both.metadata.finalizers).toEqual(['x.io/a', 'x.io/b']);
    const one = applied(both, undefined, 'one');
    expect(one.metadata.finalizers).toEqual(['x.io/b']);
    expect(one.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['two']);
  });

  it('lets a value of one kind take the place of one of another', () => {
    expect(applied(first, { a: { deep: 1 } }, 'two', true).spec).toMatchObject({ a: { deep: 1 } });
    expect(applied(first, { b: 7 }, 'two', true).spec).toMatchObject({ b: 7 });
  });

  it('takes __proto__ for a field like others', () => {
    const spec = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}');
    applied(first, spec, 'two', true);
    expect({}).not.toHaveProperty('polluted');
  });

  it('takes a name that holds what parts fields for one name, and nothing of it for a place of its own', () => {
    for (const name of ['a\0__proto__\0polluted', 'a\0k:none\0f:b', 'a\0v:\0x', '\0']) {
      applied(first, { [name]: 1 }, 'two', true);
      expect({}).not.toHaveProperty('polluted');
    }
  });

  it('does not touch what it was given', () => {
    const before = structuredClone(first);
    applied(first, { a: 5, b: { d: 1 } }, 'two', true);
    expect(first).toEqual(before);
  });
});

describe('entries that a client made up', () => {
  it.each([
    '{"f:spec":{"__proto__":{"polluted":{}}}}',
    '{"__proto__":{"polluted":{}}}',
    '{"f:spec\\u0000__proto__\\u0000polluted":{}}',
    '{"f:spec":{"constructor":{"prototype":{"polluted":{}}}}}',
    '{"f:metadata":{"f:finalizers":{"v:no json":{}}}}',
    '{"f:status":{"f:conditions":{"k:no json":{"f:type":{}}}}}',
    '{"f:status":{"f:conditions":{"k:null":{"f:type":{}}}}}',
    '{"":{"f":{"x:":{".":{}}}}}',
  ])('break nothing, and reach nothing beside the object: %s', (text) => {
    const made = (manager: string, operation: 'Apply' | 'Update') => ({
      manager,
      operation,
      apiVersion: 'orquesta.clientfy.io/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: JSON.parse(text),
    });
    const managedFields = [made('one', 'Apply'), made('one', 'Update'), made('two', 'Apply')];
    const conditions = [{ type: 'Ready', status: 'True' }];
    const live = { ...parts({ a: 1 }, { managedFields }), status: { conditions } };
    apply(live, parts({ a: 2 }), by('one'), { force: true });
    apply(live, parts({ a: 2 }), by('one'), { force: false });
    afterUpdate(managedFields as never, live, { ...live, spec: { a: 3 } }, by('one'));
    afterUpdate(managedFields as never, live, { ...live, spec: {} }, by('two'));
    toFieldsV1(fromFieldsV1(JSON.parse(text)));
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('fields', () => {
  it('are the same after a round trip through FieldsV1', () => {
    const object = {
      metadata: { labels: { 'a/b': 'x' }, finalizers: ['x.io/a'] },
      spec: { empty: {}, deep: { er: [1, 2] } },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    };
    const fields = new Set(leavesOf(object).keys());
    expect(fromFieldsV1(toFieldsV1(fields))).toEqual(fields);
    const whole = new Set([...fields, ['f:spec', 'f:deep'].join('\0')]);
    expect(toFieldsV1(whole)).toMatchObject({ 'f:spec': { 'f:deep': { '.': {}, 'f:er': {} } } });
    expect(fromFieldsV1(toFieldsV1(whole))).toEqual(whole);
  });

  it('read as people write them', () => {
    const texts = [
      ...leavesOf({ status: { conditions: [{ type: 'Ready', status: 'x' }] } }).keys(),
    ];
    expect(texts.map(fieldText)).toContain('.status.conditions[type="Ready"].status');
  });
});
