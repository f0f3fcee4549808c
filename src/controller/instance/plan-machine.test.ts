import { expect } from 'vitest';
import { aCloudDroplet, aDroplet, NUMBER, T0, time } from '../../../test/builders.ts';
import {
  type Case,
  completed,
  failure,
  holdsFor,
  machine,
  prepared,
  ready,
  run,
  sick,
  ssh,
} from '../../../test/instance-plans.ts';
import { instanceName } from '../../resources/instance.ts';
import { API_VERSION, REPLACE_ANNOTATION } from '../../resources/meta.ts';
import { ALREADY_EXISTS } from './plan.ts';

const waiting = aDroplet({ metadata: { name: 'pool-a-1' } });
const cases: readonly Case[] = [
  { name: 'new, and the account not looked at yet', facts: { isSwept: false }, expect: 'sweep' },
  { name: 'new, and nobody serves the number', expect: 'create-droplet' },
  {
    name: 'new, and a foreign droplet serves the number',
    facts: { foreign: aCloudDroplet({ tags: [] }) },
    expect: { fail: 'ForeignDroplet', why: expect.stringContaining(ALREADY_EXISTS) },
  },
  {
    name: 'the foreign droplet is to be adopted',
    instance: { metadata: { annotations: { 'orquesta.clientfy.io/adopt': 'true' } } },
    facts: { foreign: aCloudDroplet({ tags: [] }) },
    expect: 'create-droplet',
  },
  {
    name: 'new, and a droplet that an earlier instance claimed and left serves the number',
    facts: { left: aDroplet({ metadata: { name: 'pool-a-1', ownerReferences: [] } }) },
    expect: { fail: 'NumberServed', why: expect.stringContaining('pool-a-1') },
  },
  {
    name: 'new, a droplet waits in a pool, and the account was listed before',
    facts: { isSwept: false, waiting },
    expect: 'claim',
  },
  {
    name: 'the same, by a machine whose clock is ahead',
    facts: { isSwept: false, waiting, sweptAt: T0 + 5_000 },
    expect: 'claim',
  },
  ...(
    [
      ['long before', { sweptAt: T0 - 601_000 }],
      ['never', { sweptAt: undefined }],
      ["before, with a stranger's droplet, which may be gone", { foreign: aCloudDroplet() }],
      ['before, with a droplet that was left, which may be gone', { left: aDroplet() }],
    ] as const
  ).map(
    ([when, facts]): Case => ({
      name: `new, a droplet waits in a pool, and the account was listed ${when}`,
      facts: { isSwept: false, waiting, ...facts },
      expect: 'sweep',
    }),
  ),
  {
    name: 'new, a droplet waits in a pool, and the one that serves the number is to be adopted',
    instance: { metadata: { annotations: { 'orquesta.clientfy.io/adopt': 'true' } } },
    facts: { isSwept: false, waiting },
    expect: 'sweep',
  },
  { name: 'no class', facts: { class: undefined }, expect: { wait: 'ClassNotFound' } },
  {
    name: 'the class was deleted under a bot that runs',
    instance: { status: completed },
    facts: { class: undefined, revision: '', droplet: ready },
    at: 500,
    expect: { wait: 'ClassNotFound', why: expect.stringContaining('left as it is') },
  },
  { name: 'to be paused', instance: { spec: { paused: true } }, expect: 'pause' },
  {
    name: 'paused',
    instance: { spec: { paused: true }, status: { pausedAt: time(0) } },
    expect: { settled: 'Paused' },
  },
  ...(
    [
      ['on its way to a droplet', {}, aDroplet()],
      ['waiting for SSH', { phase: 'waiting_for_ssh', phaseStartedAt: time(2) }, ready],
      ['being prepared', { ssh, bootstrap: run }, ready],
      ['waiting for its bot', { ssh, bootstrap: prepared }, ready],
      ['sick', { ...completed, bot: sick }, ready],
      ['given up', { failure }, ready],
    ] as const
  ).flatMap(([how, status, droplet]): Case[] => {
    const spec = { paused: true, restartedAt: time(900) };
    const annotations = { [REPLACE_ANNOTATION]: 'true' };
    const paused = { ...status, pausedAt: time(10) };
    return [
      {
        name: `paused while ${how}: nothing is done, whatever else is wished`,
        instance: { metadata: { generation: 2, annotations }, spec, status: paused },
        facts: { droplet, revision: 'r2' },
        at: 1000,
        expect: { settled: 'Paused' },
      },
      {
        name: `no longer paused, while ${how}: no deadline ran meanwhile`,
        instance: { status: paused },
        facts: { droplet },
        at: 1000,
        expect: 'resume',
      },
      {
        name: `paused while ${how}, and deleted`,
        instance: { metadata: { deletionTimestamp: time(20) }, spec, status: paused },
        facts: { droplet },
        at: 1000,
        expect: 'delete-droplet',
      },
    ];
  }),
  {
    name: 'an earlier droplet of the name still goes',
    facts: {
      droplet: aDroplet({ metadata: { ownerReferences: [], deletionTimestamp: time(0) } }),
    },
    expect: { wait: 'NameTaken' },
  },
  {
    name: 'an earlier instance of the name left a droplet that will go',
    facts: {
      droplet: aDroplet({
        metadata: {
          ownerReferences: [
            {
              apiVersion: API_VERSION,
              kind: 'Instance',
              name: instanceName(NUMBER),
              uid: 'uid-of-the-earlier-one',
              controller: true,
            },
          ],
        },
      }),
    },
    expect: { wait: 'NameTaken' },
  },
  {
    name: 'the name is another droplet’s',
    facts: { droplet: aDroplet({ metadata: { ownerReferences: [] } }) },
    expect: { fail: 'NameTaken' },
  },
  {
    name: 'the droplet is accepted and has no address',
    facts: { droplet: aDroplet({ status: { id: 1001, acceptedAt: time(1) } }) },
    at: 10,
    expect: { wait: 'DropletBooting' },
  },
  {
    name: 'the droplet is accepted, and its record still speaks of the create',
    facts: {
      droplet: aDroplet({
        status: {
          id: 1001,
          acceptedAt: time(1),
          message: 'Asking DigitalOcean for the droplet',
          conditions: [
            {
              type: 'Ready',
              status: 'False',
              reason: 'Create',
              message: '',
              lastTransitionTime: time(0),
            },
          ],
        },
      }),
    },
    at: 10,
    expect: { wait: 'DropletBooting', why: expect.stringMatching(/accepted droplet 1001/) },
  },
  {
    name: 'the droplet has no address after its deadline',
    facts: { droplet: aDroplet({ status: { id: 1001, acceptedAt: time(1) } }) },
    at: 301,
    expect: 'replace-droplet',
  },
  {
    name: 'no address, and the replacements are spent',
    instance: { status: { repairs: { replacements: 2 } } },
    facts: { droplet: aDroplet({ status: { id: 1001, acceptedAt: time(1) } }) },
    at: 301,
    expect: { fail: 'DropletDeadlineExceeded' },
  },
  {
    name: 'a wait for quota has no deadline',
    facts: {
      droplet: aDroplet({
        status: {
          message: 'account full',
          conditions: [
            {
              type: 'Ready',
              status: 'False',
              reason: 'QuotaExceeded',
              message: '',
              lastTransitionTime: time(0),
            },
          ],
        },
      }),
    },
    at: 100_000,
    expect: { wait: 'QuotaExceeded', why: 'account full' },
  },
  {
    name: 'the cloud refused for good',
    facts: {
      droplet: aDroplet({
        status: { failure: { reason: 'CreateRefused', message: 'no such image', at: time(2) } },
      }),
    },
    expect: { fail: 'CreateRefused', why: 'no such image' },
  },
  { name: 'an address is known', facts: { droplet: ready }, expect: 'connect' },
  {
    name: 'SSH has been tried for too long',
    instance: { status: { phase: 'waiting_for_ssh', phaseStartedAt: time(2) } },
    facts: { droplet: ready },
    at: 302,
    expect: 'replace-droplet',
  },
  {
    name: 'another host key than the known one',
    instance: {
      status: {
        hostKeyMismatch: {
          dropletId: machine.id,
          since: time(3),
          lastAt: time(9),
          message: 'swapped',
        },
      },
    },
    facts: { droplet: ready },
    at: 10,
    expect: { wait: 'HostKeyMismatch' },
  },
  {
    name: 'another host key, still after the grace',
    instance: {
      status: {
        hostKeyMismatch: {
          dropletId: machine.id,
          since: time(3),
          lastAt: time(60),
          message: 'swapped',
        },
      },
    },
    facts: { droplet: ready },
    at: 63,
    expect: { fail: 'HostKeyMismatch', why: expect.stringMatching(/^swapped/) },
  },
  {
    name: 'another host key, still after the grace, and an earlier create was taken for lost',
    instance: {
      status: {
        hostKeyMismatch: {
          dropletId: machine.id,
          since: time(3),
          lastAt: time(60),
          message: 'swapped',
        },
      },
    },
    facts: { droplet: aDroplet({ status: { ...machine, hasLostCreate: true } }) },
    at: 63,
    expect: 'replace-droplet',
  },
  {
    name: 'another host key was seen of the machine before',
    instance: {
      status: {
        hostKeyMismatch: { dropletId: 7, since: time(3), lastAt: time(15), message: 'swapped' },
      },
    },
    facts: { droplet: ready },
    at: 18,
    expect: 'connect',
  },
  {
    name: 'its machine may be gone: nobody logs in at an address that may be another’s',
    facts: { droplet: aDroplet({ status: { ...machine, missingSince: time(9) } }) },
    at: 10,
    expect: { wait: 'DropletMissing', until: T0 + 15_000 },
  },
];

holdsFor('the way to a machine', cases);
