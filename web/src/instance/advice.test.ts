import { expect, test } from 'vitest';
import { adviceOf } from './advice.ts';

test.each([
  ['Read the log: GET /api/instance/logs/573', 'Read the log', '#/instances/573/log'],
  [
    'Siga el registro en vivo: GET /api/instance/logs/573?follow=true',
    'Siga el registro en vivo',
    '#/instances/573/log',
  ],
  [
    'Apply an InstanceClass of the name "x": POST /api/apply',
    'Apply an InstanceClass of the name "x"',
    '#/manifests',
  ],
  ['Delete the instance: DELETE /api/instance/573', 'Delete the instance', undefined],
  ['See that a controller runs: GET /readyz', 'See that a controller runs: GET /readyz', undefined],
  ['Delete droplets that are not used', 'Delete droplets that are not used', undefined],
])('%s', (sentence, text, href) => {
  expect(adviceOf(sentence, '573')).toEqual({ text, href });
});
