import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstance } from '../../test/builders.ts';
import { changesBetween } from './object-changes.ts';

describe('what a write changed', () => {
  it('is told field by field, without the status', () => {
    const before = anInstance({ metadata: { labels: { team: 'a' } } });
    const after = {
      ...before,
      metadata: { ...before.metadata, labels: { team: 'b' }, resourceVersion: '9', generation: 2 },
      spec: { ...before.spec, features: { appointments: true, autoInvite: false } },
      status: undefined,
    };
    expect(changesBetween(before, after)).toEqual([
      { field: 'metadata.labels.team', from: 'a', to: 'b' },
      { field: 'spec.features.appointments', from: false, to: true },
    ]);
    expect(changesBetween(before, before)).toEqual([]);
  });

  it('of a new object is all that it has, of a deleted one all that it had', () => {
    const object = anInstance();
    const made = changesBetween(undefined, object);
    expect(made).toContainEqual({ field: 'spec.numberphone', to: object.spec.numberphone });
    expect(changesBetween(object, undefined)).toContainEqual({
      field: 'spec.numberphone',
      from: object.spec.numberphone,
    });
  });

  it('shows no variable of a bot, no script and no copy of a manifest', () => {
    const secret = fc.string({ minLength: 8 }).map((text) => `s3cret${text}`);
    fc.assert(
      fc.property(secret, secret, (one, two) => {
        const before = anInstance({ spec: { env: { KEY: one } } });
        const after = anInstance({
          spec: { env: { KEY: two } },
          metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': two } },
        });
        expect(JSON.stringify(changesBetween(before, after))).not.toContain('s3cret');
        const script = {
          ...before,
          spec: { bootstrap: { script: one, files: [{ content: two }] } },
        };
        expect(JSON.stringify(changesBetween(undefined, script))).not.toContain('s3cret');
      }),
    );
  });
});
