import { aDroplet, time } from '../../../test/builders.ts';
import {
  type Case,
  completed,
  failure,
  holdsFor,
  machine,
  ready,
} from '../../../test/instance-plans.ts';
import {
  ADOPT_ANNOTATION,
  CLOUD_FINALIZER,
  FOREGROUND_FINALIZER,
  ORPHAN_FINALIZER,
  REPLACE_ANNOTATION,
} from '../../resources/meta.ts';

const cases: readonly Case[] = [
  {
    name: 'failed',
    instance: {
      status: {
        failure: { reason: 'X', message: 'why', phase: 'initializing', generation: 1, at: time(0) },
      },
    },
    facts: { droplet: ready },
    expect: { settled: 'X', lookAgain: 0 },
  },
  {
    name: 'failed, then changed',
    instance: {
      metadata: { generation: 2 },
      status: {
        failure: { reason: 'X', message: 'why', phase: 'initializing', generation: 1, at: time(0) },
      },
    },
    facts: { droplet: ready },
    expect: 'start-anew',
  },
  {
    name: 'failed, and a new droplet is asked for by annotation alone',
    instance: { metadata: { annotations: { [REPLACE_ANNOTATION]: 'true' } }, status: { failure } },
    facts: { droplet: ready },
    expect: 'start-anew',
  },
  {
    name: 'failed for a droplet in the way, which is to be adopted now',
    instance: {
      metadata: { annotations: { [ADOPT_ANNOTATION]: 'true' } },
      status: { failure: { ...failure, reason: 'NameTaken' } },
    },
    facts: { droplet: aDroplet({ metadata: { ownerReferences: [] } }) },
    expect: 'start-anew',
  },
  {
    name: 'a single droplet stands in its place, and is to be adopted',
    instance: { metadata: { annotations: { [ADOPT_ANNOTATION]: 'true' } } },
    facts: { droplet: aDroplet({ metadata: { ownerReferences: [] } }) },
    expect: 'adopt-droplet',
  },
  {
    name: 'a single droplet to be adopted is on its way out',
    instance: { metadata: { annotations: { [ADOPT_ANNOTATION]: 'true' } } },
    facts: {
      droplet: aDroplet({ metadata: { ownerReferences: [], deletionTimestamp: time(0) } }),
    },
    expect: { wait: 'NameTaken' },
  },
  {
    name: 'its Droplet was deleted by hand',
    instance: { status: completed },
    facts: { droplet: aDroplet({ metadata: { deletionTimestamp: time(30) }, status: machine }) },
    at: 31,
    expect: { wait: 'DropletReplacing' },
  },
  {
    name: 'deleting in the foreground',
    instance: {
      metadata: {
        deletionTimestamp: time(0),
        finalizers: [FOREGROUND_FINALIZER, CLOUD_FINALIZER],
      },
      status: completed,
    },
    facts: { droplet: ready },
    expect: 'delete-droplet',
  },
  {
    name: 'deleting without its droplet',
    instance: {
      metadata: { deletionTimestamp: time(0), finalizers: [ORPHAN_FINALIZER, CLOUD_FINALIZER] },
      status: completed,
    },
    facts: { droplet: ready },
    expect: 'orphan-droplet',
  },
  {
    name: 'deleting without its droplet, which has no owner any more',
    instance: {
      metadata: { deletionTimestamp: time(0), finalizers: [ORPHAN_FINALIZER, CLOUD_FINALIZER] },
      status: completed,
    },
    facts: { droplet: aDroplet({ metadata: { ownerReferences: [] }, status: machine }) },
    expect: 'finalize',
  },
  {
    name: 'deleted but for what others have yet to do',
    instance: { metadata: { deletionTimestamp: time(0), finalizers: ['example.com/mine'] } },
    expect: { wait: 'OthersFinalizers' },
  },
  {
    name: 'deleting with a droplet',
    instance: { metadata: { deletionTimestamp: time(0) }, status: completed },
    facts: { droplet: ready },
    expect: 'delete-droplet',
  },
  {
    name: 'deleting while the droplet goes',
    instance: { metadata: { deletionTimestamp: time(0) } },
    facts: { droplet: aDroplet({ metadata: { deletionTimestamp: time(0) } }) },
    expect: { wait: 'DropletDeleting' },
  },
  {
    name: 'deleting, and the droplet is gone',
    instance: { metadata: { deletionTimestamp: time(0) } },
    expect: 'finalize',
  },
  {
    name: 'deleting never touches another’s droplet',
    instance: { metadata: { deletionTimestamp: time(0) } },
    facts: { droplet: aDroplet({ metadata: { ownerReferences: [] } }) },
    expect: 'finalize',
  },
];

holdsFor('what failed, is handed over or ends', cases);
