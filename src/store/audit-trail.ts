import type { Kind } from '../resources/kinds.ts';
import type { FieldChange } from '../resources/object-changes.ts';

/** Who wrote what through the API. */
export interface AuditEntry {
  /** RFC 3339, with milliseconds. */
  readonly at: string;
  /** The name of the key, never the key. */
  readonly caller: string;
  readonly role: string;
  readonly requestId: string;
  /** `forget-session`: what was kept of the bot's WhatsApp session. */
  readonly action: 'create' | 'update' | 'update-status' | 'delete' | 'forget-session';
  readonly kind: Kind;
  readonly name: string;
  /** Like the version, empty where there is no such object any more. */
  readonly uid: string;
  readonly resourceVersion: string;
  /** What people decide of an object; nothing private. */
  readonly changes: readonly FieldChange[];
}

/** The last 10,000 or so writes that were asked for by the API. */
export interface AuditTrail {
  /** Throws StoreError `unavailable`. */
  record(entry: AuditEntry): Promise<void>;
  /** Newest first. Throws StoreError `unavailable`. */
  list(limit: number): Promise<readonly AuditEntry[]>;
}
