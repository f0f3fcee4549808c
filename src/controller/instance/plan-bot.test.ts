import { expect } from 'vitest';
import { aDroplet, time } from '../../../test/builders.ts';
import {
  type Case,
  completed,
  holdsFor,
  machine,
  ready,
  sick,
  well,
} from '../../../test/instance-plans.ts';
import { REPLACE_ANNOTATION } from '../../resources/meta.ts';

const cases: readonly Case[] = [
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
];

holdsFor('a bot that is watched and repaired', cases);
