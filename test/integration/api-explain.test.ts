import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storyOf } from '../../src/api/explain/sentences.ts';
import { RedisJournal } from '../../src/store/redis-journal.ts';
import { NUMBER } from '../builders.ts';
import { World } from '../simulation/world.ts';
import { seededRandom, VirtualClock } from '../twins/virtual-clock.ts';
import { type Api, anApi, giveStatus } from './api-app.ts';

let api: Api;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const NAME = `bot-${NUMBER}`;
const ask = (query = '', headers = {}) =>
  api.ask('GET', `/api/instance/explain/${NUMBER}${query}`, undefined, headers);

test('explains in Spanish, or in the language that is asked for', async () => {
  await api.ask('POST', '/api/instance/create', { numberphone: NUMBER });
  const spanish = await ask();
  expect(spanish.status).toBe(200);
  expect(spanish.headers.get('content-language')).toBe('es');
  expect(spanish.json).toMatchObject({
    success: true,
    data: {
      numberphone: NUMBER,
      phase: 'creating_droplet',
      progress: 25,
      doing: 'Está declarada y todavía no se ha atendido',
      eta: null,
      timeline: [],
    },
  });
  const english = 'It is declared and was not looked at yet';
  expect((await ask('?lang=en')).json.data.doing).toBe(english);
  expect((await ask('', { 'accept-language': 'en-GB' })).json.data.doing).toBe(english);
  expect((await ask('?lang=fr')).status).toBe(400);
});

test('a number that nobody declared: 404', async () => {
  expect(await ask()).toMatchObject({ status: 404, json: { success: false } });
});

test('shows the timeline, and an estimate once the fleet has a history', async () => {
  await api.ask('POST', '/api/instance/create', { numberphone: NUMBER });
  const { metadata } = await giveStatus(api, { phase: 'creating_droplet', ip: '203.0.113.7' });
  const message = 'Waiting for SSH at 203.0.113.7';
  const note = { step: null, message, until: undefined, resourceVersion: '1' };
  const waiting = { ...note, phase: 'waiting_for_ssh', reason: 'Connect' };
  await api.journal.note(NAME, metadata.uid, waiting);
  expect((await ask()).json.data).toMatchObject({
    eta: null,
    timeline: [
      {
        phase: 'waiting_for_ssh',
        reason: 'Connect',
        endedAt: null,
        waitedFor: 'Espera a SSH en 203.0.113.7',
      },
    ],
  });
  const clock = new VirtualClock();
  const past = new RedisJournal({ redis: api.redis, prefix: api.prefix, clock });
  for (let index = 0; index < 5; index++) {
    await past.note('bot-1', `uid-${index}`, waiting);
    await clock.advance(3_600_000 + index * 1_000);
    await past.note('bot-1', `uid-${index}`, { ...waiting, phase: 'completed' });
  }
  expect((await ask('?lang=en')).json.data.eta).toMatchObject({
    p50Seconds: expect.closeTo(3_602, -2),
    p95Seconds: expect.closeTo(3_604, -2),
    basis: expect.stringMatching(/^From 5 instances of this fleet .* since 2/),
    samples: 5,
  });
});

describe('over a real day', () => {
  test('the timeline tells the way from creation to the QR', async () => {
    const world = new World({ random: seededRandom(3) });
    await world.start([0]);
    await world.create(NUMBER);
    await world.untilSettled(900_000);
    const { entries = [] } = (await world.journal.timeline(NAME)) ?? {};
    const phases = entries.map(({ phase }) => phase);
    expect([...new Set(phases)]).toEqual([
      'creating_droplet',
      'waiting_for_ssh',
      'initializing',
      'completed',
    ]);
    expect(entries.at(-1)).toMatchObject({ reason: 'BotHealthy', endedAt: null });
    expect(entries.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['Sweep', 'DropletBooting', 'Connect', 'FollowBootstrap', 'AwaitBot']),
    );
    const [journey] = await world.journal.journeys();
    expect(journey?.visits.map(({ phase }) => phase)).toEqual([
      'creating_droplet',
      'waiting_for_ssh',
      'initializing',
    ]);
    // Hours of looks at a bot that is well add nothing.
    await world.advance(3 * 3_600_000);
    expect((await world.journal.timeline(NAME))?.entries).toEqual(entries);
    await world.delete(NUMBER);
    await world.untilSettled(900_000);
    expect(await world.journal.timeline(NAME)).toBeUndefined();
  });
});

test('every reason that a plan can give has its own sentence', () => {
  const sources = [
    'instance/plan.ts',
    'instance/plan-machine.ts',
    'instance/plan-bootstrap.ts',
    'instance/plan-bot.ts',
    'instance/ladder.ts',
    'droplet/plan.ts',
    'droplet/steps/create.ts',
  ].map((file) => readFileSync(`src/controller/${file}`, 'utf8'));
  const reasons = sources.flatMap((text) => [
    ...[...text.matchAll(/\b(?:wait|fail|settled): '([A-Za-z]+)'/g)].map(([, name]) => name ?? ''),
    ...[...text.matchAll(/\bdo: '([a-z-]+)'/g)].map(([, step = '']) =>
      step.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
    ),
  ]);
  expect(reasons.length).toBeGreaterThan(30);
  // Told as `Completed` by the condition Ready.
  const told = new Set(reasons);
  for (const one of ['BotHealthy', 'CheckBot']) told.delete(one);
  const facts = { number: NUMBER, className: 'c', dropletId: 1, ip: '1', attempt: 1, attempts: 4 };
  const silent = [...told].filter((reason) => {
    const detail = 'the fallback';
    const all = { ...facts, reason, exitCode: 1, isLinked: false, isPaused: false, detail };
    return storyOf(all, 'initializing').doing.es.includes(detail);
  });
  expect(silent).toEqual([]);
});
