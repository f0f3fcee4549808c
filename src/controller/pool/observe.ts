import type { InstancePool } from '../../resources/instance-pool.ts';
import { poolRevision } from '../bootstrap/pool-revision.ts';
import type { ControllerDeps } from '../deps.ts';
import { claimedFrom, membersOf, undeclared } from './members.ts';
import type { PoolFacts } from './plan.ts';

export async function observePool(
  pool: InstancePool,
  { cloudView, objects, settings }: ControllerDeps,
): Promise<PoolFacts> {
  const klass = objects.get('InstanceClass', pool.spec.className);
  const [known, access, full] = await Promise.all([
    cloudView.prices(),
    cloudView.access(),
    cloudView.full(),
  ]);
  return {
    class: klass?.spec,
    revision: klass ? poolRevision(klass.spec, settings) : '',
    members: membersOf(pool, objects),
    undeclared: undeclared(pool, objects),
    claimed: claimedFrom(pool, objects).length,
    price: klass && known?.prices[klass.spec.droplet.size],
    access,
    full,
  };
}
