import { expect } from 'vitest';
import { aDroplet, T0, time } from '../../../test/builders.ts';
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

const cases: readonly Case[] = [
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
];

holdsFor('the bootstrap and its edits', cases);
