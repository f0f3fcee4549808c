import { describe, expect, test } from 'vitest';
import type { Instance } from '../resources/instance.ts';
import { API_VERSION } from '../resources/meta.ts';
import { backupText, parseBackup } from './backup.ts';
import type { Everything } from './commit-all.ts';

const NUMBERS = ['573001112233', '573001112234'];
const WHOLE = backupText(everythingOf(NUMBERS), '2026-01-01T00:00:00Z');

const namesIn = (text: string) => parseBackup(text).objects.map(({ metadata }) => metadata.name);

test('a backup is read as it was written', () => {
  expect(namesIn(WHOLE)).toEqual(NUMBERS);
  expect(namesIn(backupText(everythingOf([]), '2026-01-01T00:00:00Z'))).toEqual([]);
  expect(namesIn(WHOLE.replaceAll('\n', '\r\n'))).toEqual(NUMBERS);
});

describe('half a backup', () => {
  // With the records of half the fleet, the other half would be deleted as orphans.
  test('is refused wherever it was cut off', () => {
    for (let length = 0; length < WHOLE.trimEnd().length; length += 1) {
      expect(() => parseBackup(WHOLE.slice(0, length)), `at ${length}`).toThrow();
    }
  });

  test('is told as what it is where it was cut between two objects, and within one', () => {
    const between = WHOLE.slice(0, WHOLE.lastIndexOf('---'));
    expect(() => parseBackup(between)).toThrow(/cut off: it declares 2 objects, 1 are begun/);
    const within = WHOLE.slice(0, WHOLE.lastIndexOf('spec:') + 'spec:\n  class: default\n'.length);
    expect(() => parseBackup(within)).toThrow(/cut off/);
  });

  test('is refused where an object is missing in its middle', () => {
    const [head, , second] = WHOLE.split('---\n');
    expect(() => parseBackup(`${head}---\n${second}`)).toThrow(
      /declares 2 objects and holds 1\. .* set spec\.objects .* to 1/,
    );
  });

  test('is taken where somebody says that an object was taken out on purpose', () => {
    const [head, , second] = WHOLE.split('---\n');
    const told = head?.replace('objects: 2', 'objects: 1');
    expect(namesIn(`${told}---\n${second}`)).toEqual(NUMBERS.slice(1));
  });
});

test('a backup of before this was told is taken as it is', () => {
  const old = WHOLE.replace('  objects: 2\n', '').replace(/\.\.\.\n$/, '');
  expect(namesIn(old)).toEqual(NUMBERS);
});

function everythingOf(names: readonly string[]): Everything {
  return {
    objects: names.map(instanceOf),
    revision: '7',
    schemaVersion: '1',
    clusterId: 'orquesta-1',
    vault: {},
  };
}

function instanceOf(name: string): Instance {
  return {
    apiVersion: API_VERSION,
    kind: 'Instance',
    metadata: {
      name,
      uid: `uid-${name}`,
      generation: 1,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { className: 'default', features: {}, env: {}, paused: false },
    status: { phase: 'completed' },
  } as unknown as Instance;
}
