import type { Instance } from '../../../src/resources/instance.ts';
import type { InstanceClass } from '../../../src/resources/instance-class.ts';
import type { InstancePool } from '../../../src/resources/instance-pool.ts';
import type { Resource } from '../../../src/resources/meta.ts';
import { call, json } from './http.ts';

export const RESOURCES = '/apis/orquesta.clientfy.io/v1';

interface Wrapped<T> {
  readonly data: T;
}

const at = (action: string, number: string): string =>
  `/api/instance/${action}/${encodeURIComponent(number)}`;

/** Throws ApiFailure 401 when the key opens nothing. */
export async function tryKey(key: string): Promise<void> {
  await call(`${RESOURCES}/instanceclasses?limit=1`, { key });
}

/** The groups of whoever the key belongs to: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
export const myGroups = async (signal: AbortSignal): Promise<readonly string[]> => {
  const review = await json<{
    status: { userInfo: { groups?: readonly string[] } };
  }>('/apis/authentication.k8s.io/v1/selfsubjectreviews', { method: 'POST', body: '{}', signal });
  return review.status.userInfo.groups ?? [];
};

export interface NewInstance {
  readonly numberphone: string;
  readonly provider: string;
  readonly enableAppointments: boolean;
  readonly enableAutoInvite: boolean;
  readonly className: string;
}
export const createInstance = async (body: NewInstance): Promise<string> => {
  const created = await json<Wrapped<{ numberphone: string }>>('/api/instance/create', {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return created.data.numberphone;
};

export const restart = (number: string): Promise<Response> =>
  call(at('restart', number), { method: 'POST' });

export const remove = (number: string): Promise<Response> =>
  call(`/api/instance/${encodeURIComponent(number)}`, { method: 'DELETE' });

export const setPaused = (number: string, paused: boolean): Promise<Instance> =>
  json<Instance>(`${RESOURCES}/instances/bot-${encodeURIComponent(number)}`, {
    method: 'PATCH',
    type: 'application/merge-patch+json',
    body: JSON.stringify({ spec: { paused } }),
  });

export const listClasses = async (signal?: AbortSignal): Promise<readonly InstanceClass[]> =>
  (await json<{ items: InstanceClass[] }>(`${RESOURCES}/instanceclasses`, { signal })).items;

export const listPools = async (signal?: AbortSignal): Promise<readonly InstancePool[]> =>
  (await json<{ items: InstancePool[] }>(`${RESOURCES}/instancepools`, { signal })).items;

export const listNames = async (
  plural: string,
  signal?: AbortSignal,
): Promise<readonly string[]> => {
  const list = await json<{ items: Resource[] }>(`${RESOURCES}/${plural}`, { signal });
  return list.items.map(({ metadata }) => metadata.name);
};

export const getObject = (plural: string, name: string, signal?: AbortSignal): Promise<Resource> =>
  json<Resource>(`${RESOURCES}/${plural}/${encodeURIComponent(name)}`, { signal });

/** Replaces an object whole. Throws ApiFailure 409 when it is not at the version given any more. */
export const putObject = (plural: string, object: Resource): Promise<Resource> =>
  json<Resource>(`${RESOURCES}/${plural}/${encodeURIComponent(object.metadata.name)}`, {
    method: 'PUT',
    body: JSON.stringify(object),
  });

/** How one instance stands, in sentences, with its timeline. Times are RFC 3339. */
export interface Explanation {
  readonly doing: string;
  readonly waitingFor: string | null;
  readonly until: string | null;
  readonly tried: readonly string[];
  readonly brake: string | null;
  readonly canDo: readonly string[];
  readonly detail: string | null;
  readonly eta: {
    readonly p50Seconds: number;
    readonly p95Seconds: number;
    readonly basis: string;
  } | null;
  readonly timeline: readonly TimelineEntry[];
}
export interface TimelineEntry {
  readonly phase: string;
  readonly step: string | null;
  readonly reason: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly waitedFor: string | null;
}
export const explain = async (
  number: string,
  language: string,
  signal?: AbortSignal,
): Promise<Explanation> =>
  (await json<Wrapped<Explanation>>(`${at('explain', number)}?lang=${language}`, { signal })).data;

/** An event as Kubernetes' core/v1 has it. */
export interface ClusterEvent {
  readonly metadata: { readonly uid?: string; readonly name: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
}
export const eventsOf = async (
  name: string,
  signal?: AbortSignal,
): Promise<readonly ClusterEvent[]> => {
  const selector = encodeURIComponent(`involvedObject.name=${name}`);
  const path = `/api/v1/namespaces/default/events?fieldSelector=${selector}`;
  return (await json<{ items: ClusterEvent[] }>(path, { signal })).items;
};

export interface BudgetWindow {
  readonly limit: number;
  readonly left: number;
}
export interface FleetReport {
  readonly total: number;
  readonly budget: {
    readonly minute: BudgetWindow | null;
    readonly hour: BudgetWindow | null;
  } | null;
  readonly brakes: { readonly repairs: string | null; readonly replacements: string | null };
  readonly sweep: { readonly ageSeconds: number | null } | null;
  readonly access: { readonly ok: boolean; readonly message: string } | null;
}
export const fleetReport = async (signal?: AbortSignal): Promise<FleetReport> =>
  (await json<Wrapped<FleetReport>>('/api/fleet', { signal })).data;

export interface LedgerEntry {
  readonly dropletId: number | null;
  readonly name: string;
  readonly record: { readonly kind: string; readonly name: string; readonly uid: string } | null;
  /** null where nobody has told. */
  readonly size: string | null;
  readonly region: string | null;
  readonly requestedAt: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly hours: number;
  readonly usdPerHour: number | null;
  readonly costUsd: number | null;
  /** How it came to be known; more in docs/api.md. */
  readonly origin: 'created' | 'adopted' | 'found' | 'orphan';
}
export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly totals: {
    readonly running: number;
    readonly hours: number;
    readonly costUsd: number;
    readonly costUsdPerMonthNow: number;
  };
  readonly unexplained: number;
}
export const ledger = async (signal?: AbortSignal): Promise<Ledger> =>
  (await json<Wrapped<Ledger>>('/api/ledger', { signal })).data;

export const qrOf = (number: string, signal: AbortSignal): Promise<Response> =>
  call(at('qr', number), { signal });

export const logOf = (number: string, query: string, signal?: AbortSignal): Promise<Response> =>
  call(`${at('logs', number)}?${query}`, { signal });

/** What is wrong with one document of a manifest, at its place in the text. */
export interface ManifestProblem {
  readonly document: number;
  readonly line: number;
  readonly column: number;
  readonly field: string | null;
  readonly message: string;
}
export interface Applied {
  readonly document: number;
  readonly kind: string;
  readonly name: string;
  readonly result: 'created' | 'configured' | 'unchanged';
}
/** Throws ApiFailure, whose body then holds the problems as `details`. */
export const apply = async (
  text: string,
  options: { readonly dryRun: boolean; readonly signal?: AbortSignal },
): Promise<readonly Applied[]> => {
  const answer = await json<Wrapped<{ results: Applied[] }>>(
    `/api/apply${options.dryRun ? '?dryRun=true' : ''}`,
    { method: 'POST', type: 'application/yaml', body: text, signal: options.signal },
  );
  return answer.data.results;
};

export const ledgerCsv = async (): Promise<string> => (await call('/api/ledger?format=csv')).text();
