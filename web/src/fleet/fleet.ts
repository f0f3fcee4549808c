import { computed, signal } from '@preact/signals';
import type { Instance } from '../../../src/resources/instance.ts';
import { RESOURCES } from '../api/calls.ts';
import { type Connection, follow } from '../api/follow.ts';
import { countByPhase } from './filter.ts';
import { type InstanceRow, rowOf } from './standing.ts';

/** All instances by name, as they are known to stand; undefined until the first list is there. */
export const instances = signal<ReadonlyMap<string, Instance> | undefined>(undefined);
export const connection = signal<Connection>({ state: 'connecting' });
/** When something was last heard, in ms since the epoch. */
export const heardAt = signal(0);

export const rows = computed<readonly InstanceRow[]>(() =>
  [...(instances.value?.values() ?? [])].map(rowOf),
);
export const counts = computed(() => countByPhase(rows.value));
export const classNames = computed(() =>
  [...new Set(rows.value.map(({ className }) => className))].sort(),
);

/** Changes are shown together: a fleet that starts up tells of hundreds a second. */
const GATHER_MS = 80;

/** Keeps `instances` up to date until the signal. */
export async function followFleet(signal: AbortSignal): Promise<void> {
  let next = new Map<string, Instance>();
  let due: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    due = undefined;
    instances.value = new Map(next);
    heardAt.value = Date.now();
  };
  await follow<Instance>(
    `${RESOURCES}/instances`,
    {
      onList: (items) => {
        next = new Map(items.map((one) => [one.metadata.name, one]));
        show();
      },
      onChange: (type, instance) => {
        if (type === 'DELETED') next.delete(instance.metadata.name);
        else next.set(instance.metadata.name, instance);
        due ??= setTimeout(show, GATHER_MS);
      },
      onConnection: (state) => {
        // All that was told until the connection broke is known.
        if (connection.peek().state === 'live') heardAt.value = Date.now();
        connection.value = state;
      },
    },
    signal,
  );
  clearTimeout(due);
  instances.value = undefined;
}
