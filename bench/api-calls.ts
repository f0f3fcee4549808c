import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { API_KEY, type World } from '../test/chaos/world.ts';
import { type Figure, percentile } from './figure.ts';
import { numberOf } from './fleet.ts';

/** How long calls took, in ms. */
export interface ApiCalls {
  readonly listMs: number;
  /** Of what answers without looking anything up. */
  readonly plain: readonly number[];
  readonly status: readonly number[];
}

const STATUS_PER_SECOND = 500;
/** Until both ends have been compiled; not counted. */
const WARM_SECONDS = 10;
const CALL_SECONDS = 20;
const LISTS = 5;

export async function apiCallsOf(world: World, size: number): Promise<ApiCalls> {
  const plain = await timedCalls(world, () => '/healthz');
  const status = await timedCalls(world, (at) => `/api/instance/status/${numberOf(at % size)}`);
  return { plain, status, listMs: await listed(world, size) };
}

/** `isLast`: of the size that the targets are for. */
export function apiCallFigures(
  section: string,
  { listMs, plain, status }: ApiCalls,
  isLast: boolean,
): readonly Figure[] {
  const most = (limit: number) => (isLast ? limit : undefined);
  return [
    { section, name: 'list by the resource API', value: listMs, unit: 'ms', most: most(500) },
    {
      section,
      name: 'status p50',
      value: percentile(status, 0.5),
      unit: 'ms',
      floor: percentile(plain, 0.5),
    },
    {
      section,
      name: `status p99 at ${STATUS_PER_SECOND}/s`,
      value: percentile(status, 0.99),
      unit: 'ms',
      floor: percentile(plain, 0.99),
      most: most(10),
    },
  ];
}

async function listed({ apis }: World, size: number): Promise<number> {
  const url = `${apis[0]?.url}/apis/orquesta.clientfy.io/v1/instances`;
  const took: number[] = [];
  for (let i = 0; i < LISTS; i++) {
    const since = performance.now();
    const response = await fetch(url, { headers: { 'x-api-key': API_KEY } });
    const { items } = JSON.parse(await response.text()) as { items: readonly unknown[] };
    took.push(performance.now() - since);
    if (items.length !== size) throw new Error(`${items.length} of ${size} were listed.`);
  }
  return percentile(took, 0.5);
}

/** By a client in a thread of its own. */
async function timedCalls({ apis }: World, pathOf: (at: number) => string): Promise<number[]> {
  const paths = Array.from({ length: (WARM_SECONDS + CALL_SECONDS) * STATUS_PER_SECOND }, (_, at) =>
    pathOf(at * 7919),
  );
  const workerData = {
    urls: paths.map((path) => `${apis[0]?.url}${path}`),
    perSecond: STATUS_PER_SECOND,
    headers: { 'x-api-key': API_KEY },
  };
  const client = new Worker(new URL('./call-load.mjs', import.meta.url), { workerData });
  const [took] = (await once(client, 'message')) as [Float64Array];
  return [...took.slice(WARM_SECONDS * STATUS_PER_SECOND)];
}
