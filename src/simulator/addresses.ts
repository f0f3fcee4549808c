/** Addresses for droplets. */
export interface Addresses {
  take(): string;
  release(address: string): void;
}

/** The network meant for tests of devices (RFC 2544): nothing answers there, nobody owns it. */
export const BENCHMARK_NETWORK = '198.18.0.0';

/**
 * Up to 65,024 addresses from `network` (four numbers with dots) upwards, without .0 and .255.
 * `reuse` `soon`: the lowest free one, so that a released address goes to the next droplet, as
 * DigitalOcean does; `late`: each is used once before any comes again.
 */
export function addressRange(network: string, reuse: 'soon' | 'late'): Addresses {
  const [a, b, c] = network.split('.').map(Number);
  const size = 254 * 256;
  const format = (slot: number) =>
    `${a}.${b}.${(c ?? 0) + Math.floor(slot / 254)}.${(slot % 254) + 1}`;
  const taken = new Map<string, number>();
  const used = new Set<number>();
  let next = 0;
  return {
    take() {
      for (let tried = 0; tried < size; tried += 1) {
        const slot = reuse === 'soon' ? tried : (next + tried) % size;
        if (used.has(slot)) continue;
        next = slot + 1;
        used.add(slot);
        taken.set(format(slot), slot);
        return format(slot);
      }
      throw new Error(`All ${size} addresses of ${network} are in use; delete droplets first.`);
    },
    release(address) {
      const slot = taken.get(address);
      if (slot === undefined) return;
      taken.delete(address);
      used.delete(slot);
    },
  };
}
