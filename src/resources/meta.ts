import { z } from 'zod';

export const GROUP = 'orquesta.clientfy.io';
export const API_VERSION = `${GROUP}/v1`;

/** Marks an Instance that may take over a droplet which Orquesta did not make. */
export const ADOPT_ANNOTATION = `${GROUP}/adopt`;
/** Asks for a new droplet in place of the present one. The WhatsApp session on it is lost where the class does not have it kept. */
export const REPLACE_ANNOTATION = `${GROUP}/replace`;
/** The trace of the write that an object is to be worked on for, as W3C's traceparent. Only while traces are wanted. */
export const TRACEPARENT_ANNOTATION = `${GROUP}/traceparent`;
/** Held by an object until what it stands for in the cloud is confirmed gone. */
export const CLOUD_FINALIZER = `${GROUP}/cloud`;

/** On every droplet that was made for a pool, for ever: the pool's name. */
export const POOL_LABEL = `${GROUP}/pool`;
/** What a pool's droplet was made for: another revision of the class can't use it. */
export const POOL_REVISION_ANNOTATION = `${GROUP}/pool-revision`;
/** The number that a droplet serves. */
export const NUMBER_LABEL = `${GROUP}/number`;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Kubernetes' finalizers for a deletion in the foreground (dependents first) and one that leaves the dependents without an owner. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

/** Kubernetes' FieldsV1: "f:NAME" a field, `k:{…}` an item of a keyed list, "v:VALUE" an item of a set, "." the thing itself. */
export interface FieldsV1 {
  readonly [element: string]: FieldsV1;
}

/** Which fields a manager has written: one entry per manager, operation and subresource. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldsV1;
  readonly subresource?: string | undefined;
}

/** Kubernetes' ObjectMeta, as far as Orquesta keeps it. Times are RFC 3339 strings. */
export interface ObjectMeta {
  readonly name: string;
  /** What the server made the name from, if it did. */
  readonly generateName?: string | undefined;
  readonly uid: string;
  /** A decimal string: the global revision of the last write to this object. */
  readonly resourceVersion: string;
  /** Rises by one whenever the spec changes, and only then. */
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string | undefined;
  readonly deletionGracePeriodSeconds?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly finalizers?: readonly string[] | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  readonly managedFields?: readonly ManagedFields[] | undefined;
}

/** Any object of the API. `status` is written by the controller alone. */
export interface Resource<Spec = unknown, Status = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly status?: Status | undefined;
}

const DNS_LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

/** RFC 1123 subdomain: what Kubernetes takes as an object's name. */
export const objectName = z
  .string()
  .max(253, 'must have at most 253 characters')
  .regex(
    new RegExp(`^${DNS_LABEL}(\\.${DNS_LABEL})*$`),
    'must be an RFC 1123 name: lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit',
  );

const labelKey = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'must be a label key: an optional DNS prefix and "/", then up to 63 letters, digits, "-", "_" or "."',
  );
const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    'must be empty or up to 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit',
  );

export const labels = z.record(labelKey, labelValue);
export const annotations = z.record(labelKey, z.string().max(262_144));

/** The part of `metadata` that a user may write in a manifest. Server-set fields are accepted and ignored, as Kubernetes does. */
export const manifestMeta = z.strictObject({
  name: objectName.optional(),
  labels: labels.optional(),
  annotations: annotations.optional(),
  finalizers: z.array(z.string()).optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  creationTimestamp: z.string().nullable().optional(),
  deletionTimestamp: z.string().nullable().optional(),
  managedFields: z.array(z.unknown()).optional(),
  ownerReferences: z.array(z.unknown()).optional(),
  selfLink: z.string().optional(),
});
export type ManifestMeta = z.infer<typeof manifestMeta>;

/** The one controlling owner of an object, if it has one. */
export const controllerOwner = (meta: ObjectMeta): OwnerReference | undefined =>
  meta.ownerReferences?.find((owner) => owner.controller);
