import { describe, expect, test } from 'vitest';
import { aDroplet, time } from '../../test/builders.ts';
import { type DropletStatus, isWaiting } from './droplet.ts';
import { API_VERSION } from './meta.ts';

const prepared = (over: Partial<DropletStatus>) =>
  aDroplet({
    metadata: {
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: 'InstancePool',
          name: 'warm',
          uid: 'uid-pool',
          controller: true,
        },
      ],
    },
    status: {
      id: 7,
      ip: '203.0.113.7',
      preparation: { startedAt: time(0), readyAt: time(60), failures: 0 },
      ...over,
    },
  });

describe('a prepared droplet of a pool', () => {
  test.each([
    ['active', true],
    // It was prepared over SSH, so that it is up: the next listing will say so, and a customer need not wait for that.
    ['new', true],
    ['off', false],
    ['archive', false],
  ])('that DigitalOcean calls %s can be claimed: %s', (state, isClaimed) => {
    expect(isWaiting(prepared({ state }))).toBe(isClaimed);
  });
});
