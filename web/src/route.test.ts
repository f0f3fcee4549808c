import { expect, test } from 'vitest';
import { hrefOf, parseRoute, type Route } from './route.ts';

const PLACES: readonly Exclude<Route, { view: 'unknown' }>[] = [
  { view: 'fleet', query: '' },
  { view: 'fleet', query: 'phase=failed&q=573' },
  { view: 'instance', number: '573332221111', tab: 'overview' },
  { view: 'instance', number: '573332221111', tab: 'log' },
  { view: 'create' },
  { view: 'manifests' },
  { view: 'manifests', plural: 'instanceclasses', name: 'a.b-c' },
  { view: 'pools' },
  { view: 'costs' },
];

test.each(PLACES)('the address of %j leads there', (place) => {
  expect(parseRoute(hrefOf(place))).toEqual(place);
});

test.each(['#/nothing', '#/instances/573332221111/nothing', '#/%E0%A4%A'])(
  '%s is nowhere',
  (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'unknown' });
  },
);

test('no hash at all is the fleet', () => {
  expect(parseRoute('')).toEqual({ view: 'fleet', query: '' });
});
