import { isIPv6 } from 'node:net';

/**
 * What tells one client from another by its address: an IPv4 address (in IPv6 form too), and of IPv6 the network of 64 bits,
 * as whoever has one address there has all of them (RFC 6177). What is no address stands for itself. Pure.
 */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** The eight groups of an IPv6 address that is sound (RFC 4291, 2.2). */
function groupsOf(address: string): readonly number[] {
  const [text = ''] = address.split('%');
  const [head = [], tail] = text.split('::').map((half) => half.split(':').flatMap(numbersOf));
  if (tail === undefined) return head;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function numbersOf(group: string): readonly number[] {
  if (group === '') return [];
  if (!group.includes('.')) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
