import { expect } from 'vitest';
import { aCloudDroplet, aDroplet, NUMBER, time } from '../../../test/builders.ts';
import { type Case, completed, holdsFor, machine } from '../../../test/instance-plans.ts';
import type { Droplet, DropletStatus } from '../../resources/droplet.ts';
import { instanceName } from '../../resources/instance.ts';
import {
  ADOPT_ANNOTATION,
  API_VERSION,
  ORPHAN_FINALIZER,
  POOL_REVISION_ANNOTATION,
  REPLACE_ANNOTATION,
} from '../../resources/meta.ts';

const NAME = instanceName(NUMBER);
const POOL = { apiVersion: API_VERSION, kind: 'InstancePool', name: 'warm', uid: 'uid-pool' };

/** One that waits in a pool, for another owner or another revision if so wanted. */
const aMember = (owner: object = POOL, revision = 'p1'): Droplet =>
  aDroplet({
    metadata: {
      name: 'pool-warm-1',
      uid: 'uid-member',
      annotations: { [POOL_REVISION_ANNOTATION]: revision },
      ownerReferences: [{ ...POOL, ...owner, controller: true }],
    },
    status: {
      ...machine,
      preparation: {
        startedAt: time(1),
        failures: 0,
        readyAt: time(2),
        bootstrap: { run: 'x', revision, dropletId: 1001, attempt: 1, startedAt: time(1) },
      },
    },
  });

const holdBy = (reason: string): Partial<DropletStatus> => ({
  conditions: [
    { type: 'Ready', status: 'False', reason, message: '', lastTransitionTime: time(0) },
  ],
});
/** Its own droplet, declared and not asked for yet. */
const planned = aDroplet({ status: holdBy('QuotaExceeded') });
const intent = { attempt: 1, startedAt: time(1), hostKey: 'k', known: [] };
const asked = aDroplet({ status: { ...holdBy('QuotaExceeded'), intent } });
const made = aDroplet({ status: { id: 1002, acceptedAt: time(1) } });
const going = aDroplet({ metadata: { deletionTimestamp: time(3) }, status: {} });
const decided = { status: { dropletName: NAME } };
const waiting = aMember();

const heldUp: readonly Case[] = [
  ...['QuotaExceeded', 'RateLimited', 'Unauthorized', 'Unavailable', 'TryAgain'].map(
    (reason): Case => ({
      name: `its own droplet can't be asked for (${reason}), and one waits in a pool`,
      instance: decided,
      facts: { droplet: aDroplet({ status: holdBy(reason) }), waiting },
      expect: 'claim',
    }),
  ),
  {
    name: 'the same, and none waits',
    instance: decided,
    facts: { droplet: planned },
    expect: { wait: 'QuotaExceeded' },
  },
  ...(
    [
      ['was asked for, and nobody knows what came of it', asked],
      ['is about to be asked for', aDroplet({ status: holdBy('Create') })],
      ['was not looked at yet', aDroplet()],
      ['is made', made],
      ['is going', going],
      [
        'was asked for by a create that was taken for lost',
        aDroplet({ status: { ...holdBy('QuotaExceeded'), hasLostCreate: true } }),
      ],
      [
        'is one that is taken over',
        aDroplet({
          metadata: { annotations: { [ADOPT_ANNOTATION]: '7' } },
          status: holdBy('RateLimited'),
        }),
      ],
    ] as const
  ).map(
    ([what, droplet]): Case => ({
      name: `one waits in a pool, and its own droplet ${what}`,
      instance: decided,
      facts: { droplet, waiting },
      expect: { wait: expect.anything() },
    }),
  ),
  {
    name: 'one waits in a pool, and it had a droplet before: a replacement is a new one',
    instance: { status: { ...completed, dropletName: NAME } },
    facts: { droplet: planned, waiting },
    expect: { wait: 'QuotaExceeded' },
  },
  {
    name: 'one waits in a pool, and its own droplet was given up for a new one',
    instance: { status: { dropletName: NAME, repairs: { replacements: 1 } } },
    facts: { droplet: planned, waiting },
    expect: { wait: 'QuotaExceeded' },
  },
  {
    name: "one waits in a pool, and a stranger's droplet has come to serve the number",
    instance: decided,
    facts: { droplet: planned, waiting, foreign: aCloudDroplet({ id: 7, tags: [] }) },
    expect: { wait: 'NumberTaken', why: expect.stringContaining('droplet 7') },
  },
  {
    name: 'one waits in a pool, and one that an earlier instance left serves the number',
    instance: decided,
    facts: { droplet: planned, waiting, left: aMember({ kind: 'Other' }) },
    expect: { wait: 'NumberTaken', why: expect.stringContaining('pool-warm-1') },
  },
  {
    name: 'one waits in a pool, and the instance is to be left alone',
    instance: { ...decided, spec: { paused: true } },
    facts: { droplet: planned, waiting },
    expect: 'pause',
  },
  {
    name: 'one waits in a pool, and a new droplet was asked for',
    instance: { ...decided, metadata: { annotations: { [REPLACE_ANNOTATION]: 'true' } } },
    facts: { droplet: planned, waiting },
    expect: 'replace-droplet',
  },
];

const changing = { status: { dropletName: 'pool-warm-1' } };
const taken = aMember({ kind: 'Instance', name: 'bot-1', uid: 'uid-other' });
const own = aMember({ kind: 'Instance', name: NAME, uid: 'uid-instance' });
const deleting = { deletionTimestamp: time(5) };

const changes: readonly Case[] = [
  {
    name: 'its own droplet is only planned',
    instance: changing,
    facts: { droplet: waiting, own: planned },
    expect: 'give-up-droplet',
  },
  {
    name: 'its own droplet was not looked at yet',
    instance: changing,
    facts: { droplet: waiting, own: aDroplet() },
    expect: 'give-up-droplet',
  },
  {
    name: 'its own droplet was given up, and the record is not gone yet',
    instance: changing,
    facts: { droplet: waiting, own: going },
    expect: { wait: 'GiveUpDroplet' },
  },
  {
    name: 'its own droplet is no more',
    instance: changing,
    facts: { droplet: waiting },
    expect: 'take-droplet',
  },
  ...(
    [
      ['was asked for', asked],
      ['was made', made],
      [
        'was asked for by a create that was taken for lost',
        aDroplet({ status: { hasLostCreate: true } }),
      ],
    ] as const
  ).map(
    ([what, droplet]): Case => ({
      name: `its own droplet ${what} in the very moment`,
      instance: changing,
      facts: { droplet: waiting, own: droplet },
      expect: 'release-claim',
    }),
  ),
  {
    name: 'the one of the pool went to another, and its own is planned still',
    instance: changing,
    facts: { droplet: taken, own: planned },
    expect: 'release-claim',
  },
  {
    name: 'the one of the pool is no more, and its own is planned still',
    instance: changing,
    facts: { droplet: undefined, own: planned },
    expect: 'release-claim',
  },
  {
    name: 'deleted in between',
    instance: { ...changing, metadata: deleting },
    facts: { droplet: waiting, own: planned },
    expect: 'delete-droplet',
  },
  {
    name: 'deleted in between, and left with its droplets',
    instance: { ...changing, metadata: { ...deleting, finalizers: [ORPHAN_FINALIZER] } },
    facts: { droplet: waiting, own: planned },
    expect: 'delete-droplet',
  },
  {
    name: 'deleted in between, and its own droplet is going',
    instance: { ...changing, metadata: deleting },
    facts: { droplet: waiting, own: going },
    expect: { wait: 'DropletDeleting' },
  },
  {
    name: 'deleted when it had changed over, and a late record of its own came',
    instance: { ...changing, metadata: deleting },
    facts: { droplet: own, own: planned },
    expect: 'delete-droplet',
  },
  {
    name: 'deleted in between, and nothing of its own is left',
    instance: { ...changing, metadata: deleting },
    facts: { droplet: waiting },
    expect: 'finalize',
  },
];

holdsFor('held up, beside a pool', heldUp);
holdsFor('changing over to a droplet of a pool', changes);
