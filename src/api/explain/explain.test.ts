import { describe, expect, test } from 'vitest';
import { aClass, aDroplet, anInstance, T0, time } from '../../../test/builders.ts';
import { VirtualClock } from '../../../test/twins/virtual-clock.ts';
import { brakesOf } from '../../controller/brakes.ts';
import type { InstanceFacts } from '../../controller/instance/facts.ts';
import { repair } from '../../controller/instance/ladder.ts';
import { Outages } from '../../controller/outages.ts';
import type { InstanceStatus } from '../../resources/instance.ts';
import type { Phase } from '../../resources/phase.ts';
import { explain } from './explain.ts';
import type { Records } from './facts.ts';

const ready = (reason: string, status: 'True' | 'False' = 'False') => ({
  type: 'Ready',
  status,
  reason,
  message: '',
  lastTransitionTime: time(0),
});

function told(
  phase: Phase,
  reason: string,
  over: Partial<InstanceStatus> = {},
  records: Partial<Records> = {},
) {
  const isDone = phase === 'completed';
  const instance = anInstance({
    status: { phase, conditions: [ready(reason, isDone ? 'True' : 'False')], ...over },
  });
  const all: Records = {
    instance,
    klass: aClass(),
    droplet: undefined,
    timeline: undefined,
    journeys: [],
    ...records,
  };
  return { es: explain(all, 'es', T0 + 60_000), en: explain(all, 'en', T0 + 60_000) };
}

const lastlySick = { failures: 1, lastHealthyAt: time(0) };
const outage = (what: string) => {
  const outages = new Outages(new VirtualClock({ startMs: T0 }));
  outages.note(what);
  return outages.recent();
};

describe('a held repair', () => {
  const sick = anInstance({ status: { phase: 'completed', bot: lastlySick } });
  const replaced = { replacements: 1, replacedUid: 'x', at: time(0) };
  const replacing = anInstance({ status: { phase: 'initializing', repairs: replaced } });
  test.each([
    [
      brakesOf([sick, sick, sick], undefined, T0).repairs,
      'Freno de reparaciones: 3 de 3 bots parecen enfermos a la vez, más del 20 %: busque una causa común',
      /^Brake on repairs: 3 of 3 bots/,
    ],
    [
      outage("DigitalOcean's API"),
      `Freno de reparaciones: la API de DigitalOcean acaba de fallar; lo que parece enfermo se revisa de nuevo hasta ${new Date(T0 + 60_000).toISOString()}`,
      /^Brake on repairs: DigitalOcean's API was away/,
    ],
    [outage('Redis'), expect.stringContaining('Redis acaba de fallar'), /Redis was away/],
    [
      brakesOf([replacing], undefined, T0 + 1).replacements,
      'Freno de reemplazos: a 1 de 1 instancias se les está reemplazando el droplet, y no se permiten más de 1 a la vez',
      /^Brake on replacements: 1 of 1 instances/,
    ],
  ])('names the brake that holds it: %s', (brake, spanish, english) => {
    const facts = { brakes: { repairs: brake, replacements: undefined } } as InstanceFacts;
    const held = repair({ status: undefined, facts, klass: aClass(), now: T0 }, 'The bot is away');
    const { es, en } = told('completed', 'RepairsPaused', { message: held.why });
    expect(es.brake).toEqual(spanish);
    expect(en.brake).toMatch(english);
    expect([es.canDo.length, en.canDo.length]).toEqual([1, 1]);
  });
});

describe('explain', () => {
  test('one that no controller has seen waits for one', () => {
    const records = { klass: aClass(), droplet: undefined, timeline: undefined, journeys: [] };
    expect(explain({ ...records, instance: anInstance() }, 'en', T0)).toMatchObject({
      phase: 'creating_droplet',
      progress: 25,
      doing: 'It is declared and was not looked at yet',
      waitingFor: 'a controller to look at it',
      until: null,
      eta: null,
      timeline: [],
    });
  });

  test('a login that is tried lasts until the deadline of its phase', () => {
    const { es, en } = told('waiting_for_ssh', 'Connect', {
      ip: '203.0.113.7',
      phaseStartedAt: time(50),
      sshProblem: 'Port 22 of 203.0.113.7 does not answer',
      bot: { failures: 2, problem: 'The bot answered HTTP 500 at /api/status.' },
    });
    expect(en.doing).toBe('It is trying to log in by SSH at 203.0.113.7');
    expect(en.until).toBe(time(50 + 300));
    expect(es.tried).toEqual([
      'Se intentó entrar por SSH; último problema: El puerto 22 de 203.0.113.7 no responde',
      'El bot no respondió a 2 revisiones seguidas: El bot respondió HTTP 500 en /api/status.',
    ]);
    expect(en.tried[1]).toBe(
      'The bot failed 2 looks in a row: The bot answered HTTP 500 at /api/status.',
    );
  });

  test('a machine’s own words stay as they are, and are marked', () => {
    const { es } = told('failed', 'BotUnhealthy', { sshProblem: 'bash: systemctl: not found' });
    expect(es.tried).toEqual([
      'Se intentó entrar por SSH; último problema: «bash: systemctl: not found»',
    ]);
  });

  test('a deadline that has passed is none any more', () => {
    expect(told('waiting_for_ssh', 'Connect', { phaseStartedAt: time(-500) }).en.until).toBeNull();
  });

  test('a quota is a brake, with its time and what can be done', () => {
    const hold = { reason: 'QuotaExceeded', message: 'x', until: time(100) };
    const droplet = aDroplet({ status: { hold, attempts: 2 } });
    const { es } = told('creating_droplet', 'QuotaExceeded', {}, { droplet });
    expect(es).toMatchObject({
      brake: 'La cuenta de DigitalOcean alcanzó su límite de droplets',
      until: time(100),
      tried: ['Se pidió el droplet a DigitalOcean 2 veces'],
    });
    expect(es.canDo).toHaveLength(1);
  });

  test('a failure names what was tried and the way out', () => {
    const { en } = told('failed', 'BootstrapFailed', {
      failure: {
        reason: 'BootstrapFailed',
        message: 'x',
        phase: 'initializing',
        generation: 1,
        at: time(9),
      },
      bootstrap: {
        run: 'r',
        revision: 'v',
        dropletId: 1,
        attempt: 4,
        startedAt: time(1),
        finishedAt: time(5),
        exitCode: 7,
      },
      repairs: { rung: 'reboot', replacements: 1 },
    });
    expect(en.tried).toEqual([
      'The bot was prepared 4 times of 4 allowed; it ended with exit code 7',
      "The bot's service was restarted",
      'The droplet was rebooted',
      'The droplet was replaced 1 time',
    ]);
    expect(en.doing).toBe('It failed: the bootstrap did not succeed. Nothing more is tried');
    expect(en.canDo.join()).toContain('/api/instance/restart/573332221111');
  });

  test('one that is up waits for its QR to be scanned, until it is linked', () => {
    expect(told('completed', 'Completed').en.waitingFor).toBe('somebody to scan the QR code');
    const linked = { ...ready('Connected', 'True'), type: 'WhatsAppLinked' };
    const conditions = [ready('Completed', 'True'), linked];
    expect(told('completed', 'Completed', { conditions }).en).toMatchObject({
      doing: 'The bot is up and the number is linked',
      waitingFor: null,
      canDo: [],
    });
  });

  test('a reason that is not known yet is told by its phase and the controller’s sentence', () => {
    const { es } = told('initializing', 'SomethingNew', { message: 'Doing something new' });
    expect(es.doing).toBe('Prepara el bot: «Doing something new»');
    expect(es.detail).toBe('Doing something new');
  });

  test('one that is being deleted says so, whatever it did before', () => {
    const instance = anInstance({
      metadata: { deletionTimestamp: time(1) },
      status: { phase: 'completed', conditions: [ready('Completed', 'True')], dropletId: 7 },
    });
    const records = { klass: aClass(), droplet: undefined, timeline: undefined, journeys: [] };
    expect(explain({ ...records, instance }, 'en', T0)).toMatchObject({
      phase: 'deleting',
      doing: 'It is deleting droplet 7',
    });
  });

  test('the timeline of a former instance of the number is not shown', () => {
    const entry = {
      phase: 'completed',
      step: null,
      reason: 'BotHealthy',
      startedAt: time(0),
      endedAt: null,
      waitedFor: 'The bot answers',
      until: null,
    };
    const timeline = { uid: 'uid-instance', resourceVersion: '1', entries: [entry] };
    const shown = { ...entry } as Record<string, unknown>;
    delete shown['until'];
    const { en, es } = told('completed', 'Completed', {}, { timeline });
    expect(en.timeline).toEqual([shown]);
    expect(es.timeline).toEqual([{ ...shown, waitedFor: 'El bot responde' }]);
    const former = { ...timeline, uid: 'former' };
    expect(told('completed', 'Completed', {}, { timeline: former }).en.timeline).toEqual([]);
  });
});
