import { askOnce, type Informed, masterConnector, newestOf } from './master-connector.ts';
import { describePlace, type HostPort, type SentinelGroup } from './redis-url.ts';

/** Leads a connection to the group's master, as the Sentinels tell of it. */
export const sentinelConnector = (group: SentinelGroup) =>
  masterConnector(group.tls, () =>
    newestOf(
      group.sentinels.map((one) => ask(group, one)),
      `no Sentinel says where ${describePlace(group)} is`,
    ),
  );

function ask(group: SentinelGroup, place: HostPort): Promise<Informed> {
  const access = {
    tls: group.tls,
    username: group.sentinelUsername,
    password: group.sentinelPassword,
  };
  return askOnce(place, access, async (sentinel) => {
    const reply = (await sentinel.call('SENTINEL', 'MASTER', group.name)) as string[];
    const field = (name: string) => reply[reply.indexOf(name) + 1] ?? '';
    return {
      master: { host: field('ip'), port: Number(field('port')) },
      epoch: Number(field('config-epoch')),
    };
  });
}
