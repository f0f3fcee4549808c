import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientNetwork } from './client-network.ts';

describe('the network that a client is told apart by', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3::203.0.113.7', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
    ['nonsense:%', 'nonsense:%'],
  ])('%s is of %s', (address, network) => expect(clientNetwork(address)).toBe(network));

  it('is one for all addresses that a line of IPv6 gives out, and another for its neighbour', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
    fc.assert(
      fc.property(half, half, half, half, (network, one, other, neighbour) => {
        fc.pre(network !== neighbour && !network.startsWith('0:0:0:0'));
        const mine = clientNetwork(`${network}:${one}`);
        expect(clientNetwork(`${network}:${other}`)).toBe(mine);
        expect(clientNetwork(`${neighbour}:${one}`)).not.toBe(mine);
      }),
    );
  });
});
