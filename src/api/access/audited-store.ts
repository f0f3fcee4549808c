import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../log.ts';
import type { Kind, ObjectOf } from '../../resources/kinds.ts';
import { changesBetween } from '../../resources/object-changes.ts';
import type { AuditEntry, AuditTrail } from '../../store/audit-trail.ts';
import type {
  DeleteOptions,
  NewObject,
  ObjectList,
  Store,
  WriteOptions,
} from '../../store/store.ts';
import type { Caller } from './roles.ts';

/** The request that is being served, wherever its work goes on. */
interface Served {
  readonly caller: Caller;
  readonly requestId: string;
}

export interface AuditDeps {
  readonly store: Store;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A store that records who wrote what: each write that a request comes to, once it is done. */
export class AuditedStore implements Store {
  readonly #deps: AuditDeps;
  readonly #served = new AsyncLocalStorage<Served>();

  constructor(deps: AuditDeps) {
    this.#deps = deps;
  }

  /** Serves a request: what `work` writes is this caller's. */
  serve<T>(served: Served, work: () => T): T {
    return this.#served.run(served, work);
  }

  get<K extends Kind>(kind: K, name: string): Promise<ObjectOf[K] | undefined> {
    return this.#deps.store.get(kind, name);
  }

  list<K extends Kind>(kind: K): Promise<ObjectList<K>> {
    return this.#deps.store.list(kind);
  }

  revision(): Promise<string> {
    return this.#deps.store.revision();
  }

  watch(resourceVersion: string, signal: AbortSignal) {
    return this.#deps.store.watch(resourceVersion, signal);
  }

  async create<K extends Kind>(
    kind: K,
    object: NewObject<K>,
    options?: WriteOptions,
  ): Promise<ObjectOf[K]> {
    const created = await this.#deps.store.create(kind, object, options);
    await this.#note('create', kind, undefined, created, options);
    return created;
  }

  async update<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options?: WriteOptions,
  ): Promise<ObjectOf[K]> {
    const before = await this.#before(kind, object.metadata.name);
    const after = await this.#deps.store.update(kind, object, options);
    await this.#note('update', kind, before, after, options);
    return after;
  }

  async updateStatus<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options?: WriteOptions,
  ): Promise<ObjectOf[K]> {
    const before = await this.#before(kind, object.metadata.name);
    const after = await this.#deps.store.updateStatus(kind, object, options);
    await this.#note('update-status', kind, before, after, options);
    return after;
  }

  async delete<K extends Kind>(
    kind: K,
    name: string,
    options?: DeleteOptions,
  ): Promise<ObjectOf[K]> {
    const before = await this.#before(kind, name);
    const after = await this.#deps.store.delete(kind, name, options);
    await this.#note('delete', kind, before, after, options);
    return after;
  }

  /** The write that follows holds for this version or fails, so this is what it changed. */
  async #before<K extends Kind>(kind: K, name: string): Promise<ObjectOf[K] | undefined> {
    return this.#served.getStore() && this.#deps.store.get(kind, name);
  }

  async #note<K extends Kind>(
    action: AuditEntry['action'],
    kind: K,
    before: ObjectOf[K] | undefined,
    after: ObjectOf[K],
    options: { readonly dryRun?: boolean | undefined } | undefined,
  ): Promise<void> {
    const { name, uid, resourceVersion } = after.metadata;
    const isUnchanged = before?.metadata.resourceVersion === resourceVersion;
    if (options?.dryRun || isUnchanged) return;
    const changes = changesBetween(before, after);
    await this.#record({ action, kind, name, uid, resourceVersion, changes });
  }

  /** Saved sessions are kept beside the objects; that one's were forgotten is a write like others. */
  async noteForgotten(name: string): Promise<void> {
    const instance = await this.#deps.store.get('Instance', name);
    const { uid = '', resourceVersion = '' } = instance?.metadata ?? {};
    const about = { kind: 'Instance', name, uid, resourceVersion } as const;
    await this.#record({ action: 'forget-session', ...about, changes: [] });
  }

  async #record(
    write: Pick<AuditEntry, 'action' | 'kind' | 'name' | 'uid' | 'resourceVersion' | 'changes'>,
  ): Promise<void> {
    const served = this.#served.getStore();
    if (!served) return;
    const { audit, clock, log } = this.#deps;
    const { action, kind, name } = write;
    const entry: AuditEntry = {
      at: new Date(clock.now()).toISOString(),
      caller: served.caller.name,
      role: served.caller.role,
      requestId: served.requestId,
      ...write,
    };
    log.info({ audit: entry }, `${served.caller.name} asked to ${action} ${kind} ${name}`);
    // It is written: to tell the caller otherwise would be worse than a gap in the trail, which the log fills.
    await audit.record(entry).catch((err: unknown) => {
      log.warn({ err, requestId: served.requestId }, 'The audit trail lacks an entry');
    });
  }
}
