import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aClass,
  aCloudDroplet,
  aDroplet,
  anInstance,
  NUMBER,
  T0,
  time,
} from '../../../test/builders.ts';
import { getCondition } from '../../resources/condition.ts';
import type { Droplet } from '../../resources/droplet.ts';
import { type Instance, type InstanceStatus, instanceName } from '../../resources/instance.ts';
import {
  ADOPT_ANNOTATION,
  API_VERSION,
  CLOUD_FINALIZER,
  FOREGROUND_FINALIZER,
  ORPHAN_FINALIZER,
  REPLACE_ANNOTATION,
} from '../../resources/meta.ts';
import { inSpanish } from '../../resources/spanish/in-spanish.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';
import { ALREADY_EXISTS, planInstance } from './plan.ts';
import { instanceStatus } from './status.ts';

const machine = { id: 1001, ip: '127.10.0.1', state: 'active', acceptedAt: time(1), attempts: 1 };
const ready = aDroplet({ status: machine });
const noFacts: InstanceFacts = {
  class: aClass(),
  wanted: aClass().droplet,
  classVersion: 'uid-class 1',
  droplet: undefined,
  revision: 'r1',
  classRevision: 'c1',
  hasTurn: false,
  poolRevision: 'p1',
  waiting: undefined,
  missingSecret: undefined,
  isSwept: true,
  foreign: undefined,
  left: undefined,
  // One interval after the look of `completed`: a bot's own moment would come sooner.
  firstLookAt: T0 + 51_000,
  sighting: undefined,
  brakes: { repairs: undefined, replacements: undefined },
};
const ssh = { dropletId: 1001, hostKey: 'ssh-ed25519 AAAA', since: time(5), isUp: true };
const run = { run: 'x-r1', revision: 'r1', dropletId: 1001, attempt: 1, startedAt: time(6) };
const prepared = { ...run, finishedAt: time(20), exitCode: 0 };
const well = { failures: 0, lastHealthyAt: time(21), lastCheckedAt: time(21) };
const completed: Partial<InstanceStatus> = { ssh, bootstrap: prepared, bot: well };
const sick = { ...well, failures: 3, problem: 'no answer' };
const failure = {
  reason: 'X',
  message: 'why',
  phase: 'initializing',
  generation: 1,
  at: time(0),
} as const;

interface Case {
  name: string;
  instance?: Parameters<typeof anInstance>[0];
  facts?: Partial<InstanceFacts>;
  at?: number;
  expect: InstanceStep | Record<string, unknown>;
}

const cases: Case[] = [
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
      status: { hostKeyMismatch: { since: time(3), lastAt: time(9), message: 'swapped' } },
    },
    facts: { droplet: ready },
    at: 10,
    expect: { wait: 'HostKeyMismatch' },
  },
  {
    name: 'another host key, still after the grace',
    instance: {
      status: { hostKeyMismatch: { since: time(3), lastAt: time(15), message: 'swapped' } },
    },
    facts: { droplet: ready },
    at: 18,
    expect: { fail: 'HostKeyMismatch', why: expect.stringMatching(/^swapped/) },
  },
  {
    name: 'logged in',
    instance: { status: { ssh } },
    facts: { droplet: ready },
    expect: 'start-bootstrap',
  },
  {
    name: 'logged in for the first time, by the key that user_data gave',
    instance: { status: { ssh } },
    facts: { droplet: aDroplet({ status: { ...machine, hostKey: ssh.hostKey } }) },
    expect: 'rotate-host-key',
  },
  {
    name: 'the key that user_data gave has to stay',
    instance: { status: { ssh: { ...ssh, isRotated: false } } },
    facts: { droplet: aDroplet({ status: { ...machine, hostKey: ssh.hostKey } }) },
    expect: 'start-bootstrap',
  },
  {
    name: 'a droplet that was left by an earlier instance is known by the key of its own making, and gave another since',
    instance: { status: { ssh: { ...ssh, isRotated: true } } },
    facts: { droplet: aDroplet({ status: { ...machine, hostKey: ssh.hostKey } }) },
    expect: 'start-bootstrap',
  },
  {
    name: 'a machine that was taken over keeps its key',
    instance: { status: { ssh } },
    facts: { droplet: aDroplet({ status: { ...machine, hostKey: ssh.hostKey, adopted: true } }) },
    expect: 'start-bootstrap',
  },
  {
    name: 'one that was prepared with the key of user_data is left alone',
    instance: { status: completed },
    facts: { droplet: aDroplet({ status: { ...machine, hostKey: ssh.hostKey } }) },
    at: 30,
    expect: { settled: 'BotHealthy' },
  },
  {
    name: 'logged in, and a secret that the bot needs is not there',
    instance: { status: { ssh } },
    facts: { droplet: ready, missingSecret: 'K: The controller has no variable X' },
    expect: { wait: 'SecretMissing', why: expect.stringContaining('no variable X') },
  },
  {
    name: 'a secret is gone from a bot that runs',
    instance: { status: completed },
    facts: { droplet: ready, missingSecret: 'K: The controller has no variable X' },
    at: 30,
    expect: { settled: 'BotHealthy' },
  },
  {
    name: 'a run was written down',
    instance: { status: { ssh, bootstrap: run } },
    facts: { droplet: ready },
    expect: 'follow-bootstrap',
  },
  {
    name: 'the run failed just now',
    instance: { status: { ssh, bootstrap: { ...prepared, exitCode: 1 } } },
    facts: { droplet: ready },
    at: 21,
    expect: { wait: 'BootstrapBackoff' },
  },
  {
    name: 'the run failed and its backoff is over',
    instance: { status: { ssh, bootstrap: { ...prepared, exitCode: 1 } } },
    facts: { droplet: ready },
    at: 25,
    expect: 'start-bootstrap',
  },
  {
    name: 'the tries are spent',
    instance: { status: { ssh, bootstrap: { ...prepared, exitCode: 1, attempt: 4 } } },
    facts: { droplet: ready },
    at: 100,
    expect: { fail: 'BootstrapFailed', why: expect.stringContaining('4 tries') },
  },
  {
    name: 'prepared, the bot starts',
    instance: { status: { ssh, bootstrap: prepared } },
    facts: { droplet: ready },
    at: 21,
    expect: 'await-bot',
  },
  {
    name: 'the bot never answered',
    instance: { status: { ssh, bootstrap: prepared } },
    facts: { droplet: ready },
    at: 140,
    expect: 'restart-service',
  },
  {
    name: 'completed',
    instance: { status: completed },
    facts: { droplet: ready },
    at: 22,
    expect: { settled: 'BotHealthy', lookAgain: 29_000 },
  },
  {
    name: 'completed, and each bot is looked at in its own moment',
    instance: { status: completed },
    facts: { droplet: ready, firstLookAt: 0 },
    at: 22,
    expect: { settled: 'BotHealthy', lookAgain: expect.closeTo(6_190, -2) },
  },
  {
    name: 'time for a look',
    instance: { status: completed },
    facts: { droplet: ready },
    at: 51,
    expect: 'check-bot',
  },
  {
    name: 'time for a look, but the controller began just now and looks at one after the other',
    instance: { status: completed },
    facts: { droplet: ready, firstLookAt: T0 + 60_000 },
    at: 51,
    expect: { settled: 'BotHealthy', lookAgain: 9_000 },
  },
  {
    name: 'an adopted droplet is not replaced',
    instance: { status: { ...completed, bot: sick, repairs: { rung: 'reboot', replacements: 0 } } },
    facts: { droplet: aDroplet({ status: { ...machine, adopted: true } }) },
    at: 200,
    expect: { fail: 'BotUnhealthy', why: expect.stringContaining('did not make') },
  },
  {
    name: 'what shapes the bootstrap was edited: the bot serves until its turn comes',
    instance: { status: completed },
    facts: { droplet: ready, revision: 'r2' },
    at: 22,
    expect: { settled: 'BotHealthy', why: expect.stringContaining('waits for its turn') },
  },
  {
    name: 'it waits for its turn, and is looked at as ever',
    instance: { status: completed },
    facts: { droplet: ready, revision: 'r2' },
    at: 51,
    expect: 'check-bot',
  },
  {
    name: 'it waits for its turn, and is repaired as ever',
    instance: { status: { ...completed, bot: sick } },
    facts: { droplet: ready, revision: 'r2' },
    at: 200,
    expect: 'restart-service',
  },
  {
    name: 'it waits for its turn, and is restarted as asked',
    instance: { spec: { restartedAt: time(30) }, status: completed },
    facts: { droplet: ready, revision: 'r2' },
    at: 31,
    expect: 'restart-service',
  },
  {
    name: 'its turn to be re-initialised has come',
    instance: { status: completed },
    facts: { droplet: ready, revision: 'r2', hasTurn: true },
    at: 22,
    expect: 'start-bootstrap',
  },
  ...(
    [
      ['its bootstrap runs', { ssh, bootstrap: run }],
      ['its bootstrap has failed', { ssh, bootstrap: { ...prepared, exitCode: 1 } }],
      ['its bot has not answered yet', { ssh, bootstrap: prepared }],
      ['its droplet is new', { ...completed, bootstrap: { ...prepared, dropletId: 9 } }],
    ] as const
  ).map(([how, status]): Case => {
    return {
      name: `edited while ${how}: nothing serves, so there is no turn to wait for`,
      instance: { status },
      facts: { droplet: ready, revision: 'r2' },
      at: 21,
      expect: 'start-bootstrap',
    };
  }),
  {
    name: 'failed, and its class was changed since',
    instance: { status: { failure: { ...failure, classVersion: 'uid-class 1' } } },
    facts: { droplet: ready, classVersion: 'uid-class 2' },
    expect: 'start-anew',
  },
  {
    name: 'failed, and its class is as it was',
    instance: { status: { failure: { ...failure, classVersion: 'uid-class 1' } } },
    facts: { droplet: ready },
    expect: { settled: 'X' },
  },
  {
    name: 'the machine was rebooted after a restart was asked for',
    instance: {
      spec: { restartedAt: time(30) },
      status: { ...completed, bot: { ...well, startedAt: time(31), lastHealthyAt: time(32) } },
    },
    facts: { droplet: ready },
    at: 33,
    expect: { settled: 'BotHealthy' },
  },
  {
    name: 'a restart was asked for',
    instance: { spec: { restartedAt: time(30) }, status: completed },
    facts: { droplet: ready },
    at: 31,
    expect: 'restart-service',
  },
  {
    name: 'a restart was asked for at a time that is to come: at once',
    instance: { spec: { restartedAt: time(9000) }, status: completed },
    facts: { droplet: ready },
    at: 31,
    expect: 'restart-service',
  },
  {
    name: 'the restart of a time that is to come was carried out',
    instance: {
      spec: { restartedAt: time(9000) },
      status: {
        ...completed,
        bot: { ...well, startedAt: time(31), lastHealthyAt: time(32), restartedAt: time(9000) },
      },
    },
    facts: { droplet: ready },
    at: 33,
    expect: { settled: 'BotHealthy' },
  },
  {
    name: 'a restart of now is asked for after one of a time that is to come',
    instance: {
      spec: { restartedAt: time(40) },
      status: {
        ...completed,
        bot: { ...well, startedAt: time(31), lastHealthyAt: time(32), restartedAt: time(9000) },
      },
    },
    facts: { droplet: ready },
    at: 41,
    expect: 'restart-service',
  },
  {
    name: 'an old manifest brings back an older restart',
    instance: { spec: { restartedAt: time(10) }, status: completed },
    facts: { droplet: ready },
    at: 31,
    expect: { settled: 'BotHealthy' },
  },
  {
    name: 'the restart was carried out',
    instance: {
      spec: { restartedAt: time(30) },
      status: {
        ...completed,
        bot: { ...well, startedAt: time(31), lastHealthyAt: time(32), restartedAt: time(30) },
      },
    },
    facts: { droplet: ready },
    at: 33,
    expect: { settled: 'BotHealthy' },
  },
  {
    name: 'sick: first rung',
    instance: { status: { ...completed, bot: sick } },
    facts: { droplet: ready },
    at: 200,
    expect: 'restart-service',
  },
  {
    name: 'sick, for its droplet has vanished: no rung helps',
    instance: { status: { ...completed, bot: sick } },
    facts: { droplet: ready, sighting: 'missing' },
    at: 200,
    expect: { wait: 'DropletNotRunning' },
  },
  {
    name: 'sick, restarted in vain: second rung',
    instance: {
      status: { ...completed, bot: sick, repairs: { rung: 'restart-service', replacements: 0 } },
    },
    facts: { droplet: ready },
    at: 200,
    expect: 'reboot',
  },
  {
    name: 'sick, rebooted in vain: third rung',
    instance: { status: { ...completed, bot: sick, repairs: { rung: 'reboot', replacements: 0 } } },
    facts: { droplet: ready },
    at: 200,
    expect: 'replace-droplet',
  },
  {
    name: 'sick, and enough others are being replaced',
    instance: {
      status: {
        ...completed,
        bot: { ...sick, lastCheckedAt: time(190) },
        repairs: { rung: 'reboot', replacements: 0 },
      },
    },
    facts: { droplet: ready, brakes: { repairs: undefined, replacements: '1 of 5 already' } },
    at: 200,
    expect: { wait: 'RepairsPaused', why: expect.stringContaining('1 of 5') },
  },
  {
    name: 'sick, replaced twice in vain',
    instance: { status: { ...completed, bot: sick, repairs: { rung: 'reboot', replacements: 2 } } },
    facts: { droplet: ready },
    at: 200,
    expect: { fail: 'BotUnhealthy', why: expect.stringContaining('2 replacements') },
  },
  {
    name: 'sick while a brake holds: still looked at',
    instance: { status: { ...completed, bot: sick } },
    facts: {
      droplet: ready,
      brakes: { repairs: 'half the fleet is sick', replacements: undefined },
    },
    at: 200,
    expect: 'check-bot',
  },
  {
    name: 'sick while a brake holds, and just looked at',
    instance: { status: { ...completed, bot: { ...sick, lastCheckedAt: time(190) } } },
    facts: {
      droplet: ready,
      brakes: { repairs: 'half the fleet is sick', replacements: undefined },
    },
    at: 200,
    expect: { wait: 'RepairsPaused', why: expect.stringContaining('half the fleet') },
  },
  {
    name: 'the droplet is off: its own reconciler powers it on',
    instance: { status: { ...completed, bot: sick } },
    facts: { droplet: aDroplet({ status: { ...machine, state: 'off' } }) },
    at: 200,
    expect: { wait: 'DropletOff' },
  },
  {
    name: 'a new machine came in place of the old',
    instance: { status: completed },
    facts: { droplet: aDroplet({ status: { ...machine, id: 1002 } }) },
    at: 22,
    expect: 'connect',
  },
  {
    name: 'a replacement was asked for',
    instance: { metadata: { annotations: { [REPLACE_ANNOTATION]: 'true' } }, status: completed },
    facts: { droplet: ready },
    expect: 'replace-droplet',
  },
  {
    name: 'a droplet was given up, and the program ended before it was deleted',
    instance: {
      status: { ...completed, repairs: { replacements: 2, replacedUid: 'uid-droplet' } },
    },
    facts: { droplet: ready },
    at: 22,
    expect: 'replace-droplet',
  },
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

describe('the plan for an instance', () => {
  it.each(cases)('$name', ({ instance, facts, at = 0, expect: wanted }) => {
    const plan = planInstance(anInstance(instance), { ...noFacts, ...facts }, T0 + at * 1000);
    expect(plan).toMatchObject(typeof wanted === 'string' ? { do: wanted } : wanted);
  });
});

describe('the phase that follows', () => {
  const phaseAt = (
    status: Partial<InstanceStatus>,
    droplet: Droplet | undefined,
    seconds: number,
    metadata: Partial<Instance['metadata']> = {},
  ) => {
    const instance = anInstance({ status, metadata });
    const facts = { ...noFacts, droplet };
    const now = T0 + seconds * 1000;
    const { phase, progress } = instanceStatus(
      instance,
      facts,
      planInstance(instance, facts, now),
      now,
    );
    return [phase, progress];
  };

  it('rises 25, 50, 75, 100 on the way', () => {
    expect(phaseAt({}, undefined, 0)).toEqual(['creating_droplet', 25]);
    expect(phaseAt({}, ready, 2)).toEqual(['waiting_for_ssh', 50]);
    expect(phaseAt({ ssh }, ready, 6)).toEqual(['initializing', 75]);
    expect(phaseAt({ ssh, bootstrap: prepared }, ready, 21)).toEqual(['initializing', 75]);
    expect(phaseAt(completed, ready, 22)).toEqual(['completed', 100]);
  });

  it('of a failed instance keeps the progress of the phase in which it failed', () => {
    const failed = { ssh, bootstrap: { ...prepared, exitCode: 1, attempt: 4 } };
    expect(phaseAt(failed, ready, 100)).toEqual(['failed', 75]);
  });

  it('of a machine that was off leads over a new SSH session, as after a reboot', () => {
    const off = aDroplet({ status: { ...machine, state: 'off' } });
    const instance = anInstance({ status: completed });
    const facts = { ...noFacts, droplet: off };
    const now = T0 + 30_000;
    const seen = instanceStatus(instance, facts, planInstance(instance, facts, now), now);
    expect([seen.phase, seen.ssh?.isUp]).toEqual(['creating_droplet', false]);
    expect(phaseAt(seen, ready, 31)).toEqual(['waiting_for_ssh', 50]);
  });

  it('stays while nobody looks after a bot that runs: paused, or its class is gone', () => {
    const now = T0 + 500_000;
    const pausing = anInstance({
      spec: { paused: true },
      status: { ...completed, pausedAt: time(30) },
    });
    const changed = { ...noFacts, droplet: ready, revision: 'r2' };
    const paused = instanceStatus(pausing, changed, planInstance(pausing, changed, now), now);
    expect([paused.phase, paused.progress]).toEqual(['completed', 100]);
    const instance = anInstance({ status: completed });
    const facts = { ...noFacts, droplet: ready, class: undefined, revision: '' };
    const seen = instanceStatus(instance, facts, planInstance(instance, facts, now), now);
    expect(seen.phase).toBe('completed');
    expect(getCondition(seen.conditions, 'Ready')).toMatchObject({
      status: 'Unknown',
      reason: 'ClassNotFound',
    });
  });

  it('is deleting while a deletion runs', () => {
    const deleting = { deletionTimestamp: time(0) };
    expect(phaseAt(completed, ready, 22, deleting)).toEqual(['deleting', 100]);
  });
});

describe('whatever the facts', () => {
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const anyTime = fc.integer({ min: 0, max: 1000 }).map(time);
  const anyStatus = fc.record({
    ssh: maybe(fc.constantFrom(ssh, { ...ssh, dropletId: 9 }, { ...ssh, isUp: false })),
    bootstrap: maybe(
      fc.record({
        run: fc.constant('x'),
        revision: fc.constantFrom('r1', 'r0'),
        dropletId: fc.constantFrom(1001, 9),
        attempt: fc.integer({ min: 1, max: 5 }),
        startedAt: anyTime,
        finishedAt: maybe(anyTime),
        exitCode: fc.constantFrom(0, 1, 124),
      }),
    ),
    bot: maybe(
      fc.record({
        failures: fc.integer({ min: 0, max: 5 }),
        lastHealthyAt: maybe(anyTime),
        lastCheckedAt: maybe(anyTime),
        startedAt: maybe(anyTime),
      }),
    ),
    repairs: maybe(
      fc.record({
        rung: fc.constantFrom(undefined, 'restart-service' as const, 'reboot' as const),
        replacements: fc.integer({ min: 0, max: 3 }),
      }),
    ),
  });
  const anyDroplet = maybe(
    fc.constantFrom(
      ready,
      aDroplet({ status: { id: 1001, acceptedAt: time(1) } }),
      aDroplet({ status: { ...machine, state: 'off' } }),
      aDroplet({ metadata: { deletionTimestamp: time(0) } }),
      aDroplet({ metadata: { ownerReferences: [] } }),
    ),
  );
  const check = (
    property: (
      plan: ReturnType<typeof planInstance>,
      instance: Instance,
      facts: InstanceFacts,
      now: number,
    ) => void,
  ) =>
    fc.assert(
      fc.property(
        anyStatus,
        anyDroplet,
        fc.boolean(),
        fc.boolean(),
        maybe(fc.constant('brake')),
        fc.integer({ min: 0, max: 2000 }),
        (status, droplet, isSwept, isDeleting, brake, at) => {
          const instance = anInstance({
            status,
            metadata: isDeleting ? { deletionTimestamp: time(0) } : {},
          });
          const facts = {
            ...noFacts,
            droplet,
            isSwept,
            brakes: { repairs: brake, replacements: undefined },
          };
          const now = T0 + at * 1000;
          property(planInstance(instance, facts, now), instance, facts, now);
        },
      ),
      { numRuns: 5_000 },
    );

  it('a droplet is declared only when none of the name is there and the account was looked at', () => {
    check((plan, instance, facts) => {
      if (!('do' in plan) || plan.do !== 'create-droplet') return;
      expect(facts.droplet).toBeUndefined();
      expect(facts.isSwept).toBe(true);
      expect(instance.metadata.deletionTimestamp).toBeUndefined();
    });
  });

  it('nothing is done to a droplet that another owns', () => {
    check((plan, _, facts) => {
      if (facts.droplet?.metadata.ownerReferences?.length !== 0 || !('do' in plan)) return;
      expect(plan.do).toBe('finalize');
    });
  });

  it('no repair is made while a brake holds', () => {
    check((plan, { status }, { brakes, droplet }) => {
      if (!brakes.repairs || !('do' in plan) || droplet !== ready) return;
      if (status?.ssh?.dropletId !== 1001 || !status.ssh.isUp) return;
      expect(['restart-service', 'reboot', 'replace-droplet']).not.toContain(plan.do);
    });
  });

  it('no more droplets are given up than the class allows', () => {
    check((plan, { status }) => {
      if (!('do' in plan) || plan.do !== 'replace-droplet') return;
      expect(status?.repairs?.replacements ?? 0).toBeLessThan(2);
    });
  });

  it('all that is said of it is known in Spanish', () => {
    check((plan, instance, facts, now) => {
      const { conditions } = instanceStatus(instance, facts, plan, now);
      const said = [plan.why, ...conditions.map(({ message }) => message)];
      expect(said.filter((sentence) => sentence && !inSpanish(sentence))).toEqual([]);
    });
  });

  it('completed and failed are never true at once, and completed means Ready', () => {
    check((plan, instance, facts, now) => {
      const status = instanceStatus(instance, facts, plan, now);
      const isReady = status.conditions.find(({ type }) => type === 'Ready')?.status === 'True';
      if (status.phase === 'completed') expect(isReady && !status.failure).toBe(true);
      if (status.phase === 'failed') expect(isReady).toBe(false);
    });
  });
});
