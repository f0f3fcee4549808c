import { type CloudDroplet, uidTag } from '../src/resources/cloud-droplet.ts';
import { type Droplet, type DropletStatus, dropletSpec } from '../src/resources/droplet.ts';
import {
  type Instance,
  type InstanceStatus,
  instanceName,
  instanceSpec,
} from '../src/resources/instance.ts';
import { type InstanceClassSpec, instanceClassSpec } from '../src/resources/instance-class.ts';
import { API_VERSION, CLOUD_FINALIZER, type ObjectMeta } from '../src/resources/meta.ts';

/** Builders of objects for tests: say only what matters, the rest is sound. Times are counted from T0. */
export const T0 = Date.parse('2026-01-01T00:00:00Z');
export const time = (secondsAfterT0: number): string =>
  new Date(T0 + secondsAfterT0 * 1000).toISOString();

export const NUMBER = '573332221111';

const meta = (name: string, uid: string, over: Partial<ObjectMeta>): ObjectMeta => ({
  name,
  uid,
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: '2026-01-01T00:00:00Z',
  finalizers: [CLOUD_FINALIZER],
  ...over,
});

export function anInstance(
  over: {
    metadata?: Partial<ObjectMeta>;
    spec?: Partial<Instance['spec']>;
    status?: Partial<InstanceStatus>;
  } = {},
): Instance {
  return {
    apiVersion: API_VERSION,
    kind: 'Instance',
    metadata: meta(instanceName(NUMBER), 'uid-instance', over.metadata ?? {}),
    spec: { ...instanceSpec.parse({ numberphone: NUMBER }), ...over.spec },
    status: over.status && {
      observedGeneration: 1,
      phase: 'creating_droplet',
      progress: 25,
      message: '',
      conditions: [],
      phaseStartedAt: time(0),
      restarts: 0,
      ...over.status,
    },
  };
}

export function aDroplet(
  over: { metadata?: Partial<ObjectMeta>; status?: Partial<DropletStatus> } = {},
): Droplet {
  return {
    apiVersion: API_VERSION,
    kind: 'Droplet',
    metadata: meta(instanceName(NUMBER), 'uid-droplet', {
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: 'Instance',
          name: instanceName(NUMBER),
          uid: 'uid-instance',
          controller: true,
        },
      ],
      ...over.metadata,
    }),
    spec: dropletSpec.parse({}),
    status: over.status && {
      observedGeneration: 1,
      phase: 'pending',
      message: '',
      conditions: [],
      attempts: 0,
      ...over.status,
    },
  };
}

export const aClass = (over: Partial<InstanceClassSpec> = {}): InstanceClassSpec => ({
  ...instanceClassSpec.parse({}),
  ...over,
});

/** A droplet as a sweep tells of it: active, made by our Droplet object. */
export const aCloudDroplet = (over: Partial<CloudDroplet> = {}): CloudDroplet => ({
  id: 1001,
  name: instanceName(NUMBER),
  state: 'active',
  ip: '127.10.0.1',
  tags: ['orquesta', uidTag('uid-droplet')],
  createdAt: '2026-01-01T00:00:01Z',
  ...over,
});
