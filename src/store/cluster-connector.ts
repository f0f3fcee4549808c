import { askOnce, type Informed, masterConnector, newestOf } from './master-connector.ts';
import { type ClusterNodes, describePlace, type HostPort } from './redis-url.ts';

/**
 * Leads a connection to the master that holds the slot of a key. All keys of an Orquesta bear one hash tag, so that scripts can
 * touch several at once: they live in one slot, and one connection to its master is all that is needed.
 */
export const clusterConnector = (cluster: ClusterNodes, key: string) =>
  masterConnector(cluster.tls, () =>
    newestOf(
      cluster.nodes.map((one) => ask(cluster, one, key)),
      `no node says who holds "${key}" in ${describePlace(cluster)}`,
    ),
  );

function ask(cluster: ClusterNodes, place: HostPort, key: string): Promise<Informed> {
  return askOnce(place, cluster, async (node) => {
    const slot = Number(await node.call('CLUSTER', 'KEYSLOT', key));
    const found = holderOf(slot, String(await node.call('CLUSTER', 'NODES')));
    if (found === undefined) throw new Error(`no master holds slot ${slot}`);
    // A node that was never met by another does not know its own address.
    const { host, port } = found.master;
    return { master: { host: host === '' ? place.host : host, port }, epoch: found.epoch };
  });
}

/**
 * Who holds a slot, in the words of CLUSTER NODES: "id ip:port@cport[,host] flags master ping pong epoch link slot-slot …".
 * undefined: nobody that lives. Pure.
 */
export function holderOf(slot: number, nodes: string): Informed | undefined {
  for (const line of nodes.split('\n')) {
    const [, address = '', flags = '', , , , epoch, , ...slots] = line.trim().split(' ');
    const states = flags.split(',');
    if (!states.includes('master') || states.includes('fail')) continue;
    const holds = slots.some((range) => {
      // "[slot->-node]" tells of a slot on its way; until it is there it is held here.
      if (range.startsWith('[')) return false;
      const [first, last = first] = range.split('-').map(Number);
      return first !== undefined && last !== undefined && first <= slot && slot <= last;
    });
    const [, host, port] = /^(.*):(\d+)(?:@\d+)?(?:,.*)?$/.exec(address) ?? [];
    if (holds && host !== undefined) {
      return { master: { host, port: Number(port) }, epoch: Number(epoch) };
    }
  }
  return undefined;
}
