import { expect, test } from 'vitest';
import { parseManifests } from '../../resources/manifest.ts';
import { fieldSentence, manifestSentence } from './field-messages.ts';

const HEAD = 'apiVersion: orquesta.clientfy.io/v1\n';

/** Breaks every rule of every schema once. */
const ALL_WRONG = `${HEAD}kind: Instance
metadata:
  name: Not A Name
  labels: {"no key!": a, ok: "no value!"}
spec:
  numberphone: "12"
  provider: pigeon
  features: {appointments: "no"}
  className: Not A Name
  env: {"1A": a, B: "\\0", C: 1}
  restartedAt: yesterday
  color: red
---
${HEAD}kind: InstanceClass
metadata: {name: a}
spec:
  droplet: {region: No Slug, image: [], vpcUUID: x, tags: ["no tag!"]}
  ssh: {user: "Not A User", port: 0}
  bootstrap:
    files: [{path: ../x, mode: "999", content: a}]
    timeoutSeconds: 1.5
  bot: {service: none, statusPath: status, qrPort: 70000}
`;

test('every rule has a Spanish sentence that names its field', () => {
  const { errors = [] } = parseManifests(ALL_WRONG);
  expect(errors.length).toBeGreaterThanOrEqual(24);
  for (const error of errors) {
    const sentence = manifestSentence(error);
    expect(sentence).toContain(error.field);
    expect(sentence).toMatch(/^(Falta el campo|El campo) /);
    expect(sentence).not.toMatch(/no cumple su regla|\bmust\b/);
  }
});

test('a rule that has none is told as it stands', () => {
  expect(fieldSentence('spec.x', { kind: 'rule', rule: 'must be nice' })).toBe(
    'El campo spec.x no cumple su regla: must be nice',
  );
});

test.each<[Parameters<typeof fieldSentence>[1], string]>([
  [{ kind: 'required' }, 'Falta el campo a'],
  [{ kind: 'unknown-field' }, 'El campo a no existe'],
  [
    { kind: 'wrong-type', expected: ['string'], given: 'number' },
    'El campo a debe ser un texto, no un número: póngalo entre comillas',
  ],
  [
    { kind: 'wrong-type', expected: ['boolean', 'null'], given: 'array' },
    'El campo a debe ser un booleano (true o false) o null, no una lista',
  ],
  [{ kind: 'not-one-of', allowed: ['b', 'c'], given: 'd' }, 'El campo a debe ser uno de: b, c'],
  [{ kind: 'not-one-of', allowed: ['b'], given: undefined }, 'El campo a debe ser b'],
  [{ kind: 'too-big', limit: 9, of: 'value' }, 'El campo a debe ser como máximo 9'],
  [{ kind: 'too-small', limit: 2, of: 'entries' }, 'El campo a debe tener como mínimo 2 elementos'],
  [
    { kind: 'too-big', limit: 64, of: 'characters' },
    'El campo a debe tener como máximo 64 caracteres',
  ],
])('%j', (problem, sentence) => {
  expect(fieldSentence('a', problem)).toBe(sentence);
});
