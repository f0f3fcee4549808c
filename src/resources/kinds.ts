import type { z } from 'zod';
import { type Droplet, dropletSpec } from './droplet.ts';
import { type Instance, instanceSpec } from './instance.ts';
import { type InstanceClass, instanceClassSpec } from './instance-class.ts';
import { type InstancePool, instancePoolSpec } from './instance-pool.ts';
import { CLOUD_FINALIZER } from './meta.ts';

export interface ObjectOf {
  readonly Instance: Instance;
  readonly InstanceClass: InstanceClass;
  readonly InstancePool: InstancePool;
  readonly Droplet: Droplet;
}
export type Kind = keyof ObjectOf;

/** What the store and the resource API need to know of a kind. */
export interface KindInfo {
  readonly kind: Kind;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly spec: z.ZodType;
  /** Spec fields, in dots, that never change once written. */
  readonly immutable: readonly string[];
  /** Finalizers that every new object of the kind gets. */
  readonly finalizers: readonly string[];
}

export const kinds: Readonly<Record<Kind, KindInfo>> = {
  Instance: {
    kind: 'Instance',
    plural: 'instances',
    singular: 'instance',
    shortNames: ['inst'],
    spec: instanceSpec,
    immutable: ['numberphone'],
    finalizers: [CLOUD_FINALIZER],
  },
  InstanceClass: {
    kind: 'InstanceClass',
    plural: 'instanceclasses',
    singular: 'instanceclass',
    shortNames: ['iclass'],
    spec: instanceClassSpec,
    immutable: [],
    finalizers: [],
  },
  InstancePool: {
    kind: 'InstancePool',
    plural: 'instancepools',
    singular: 'instancepool',
    shortNames: ['ipool'],
    spec: instancePoolSpec,
    immutable: [],
    finalizers: [CLOUD_FINALIZER],
  },
  Droplet: {
    kind: 'Droplet',
    plural: 'droplets',
    singular: 'droplet',
    shortNames: [],
    spec: dropletSpec,
    immutable: ['region', 'size', 'image', 'vpcUUID'],
    finalizers: [CLOUD_FINALIZER],
  },
};

export const isKind = (text: string): text is Kind => Object.hasOwn(kinds, text);
