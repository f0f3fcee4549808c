import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type Instance,
  type InstanceStatus,
  instanceSpec,
  type SessionStatus,
} from '../../src/resources/instance.ts';
import { NUMBER } from '../builders.ts';
import { type Api, anApi } from './api-app.ts';

// What is told of a bot's saved session stays true whatever was asked for.

const PATH = `/api/instance/session/${NUMBER}`;
const NAME = `bot-${NUMBER}`;
const ABOUT = {
  savedAt: '2026-01-01T00:00:00.000Z',
  dropletId: 7,
  sizeBytes: 1,
  fingerprint: 'f'.repeat(64),
};
const CREDS = Buffer.from('creds');

let api: Api;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

async function aBot(session?: SessionStatus) {
  const spec = instanceSpec.parse({ numberphone: NUMBER });
  const made = await api.store.create('Instance', { name: NAME, spec });
  if (session) await tells(session);
  return made.metadata;
}
/** As a controller writes it after a look. */
async function tells(session: SessionStatus): Promise<void> {
  const instance = (await api.store.get('Instance', NAME)) as Instance;
  const status = { ...instance.status, session } as InstanceStatus;
  await api.store.updateStatus('Instance', { ...instance, status });
}
const told = async () => (await api.store.get('Instance', NAME))?.status?.session;
const saved = async () => (await api.ask('GET', PATH)).json.data.saved;

test('one that is forgotten is told of as kept nowhere', async () => {
  const lookedAt = '2026-01-01T00:00:00.000Z';
  const bot = await aBot({ lookedAt, ...ABOUT, keyId: 'k', problem: 'There is a link' });
  await api.sessions.save(bot, ABOUT, CREDS, undefined);
  const { savedAt, dropletId, sizeBytes } = ABOUT;
  expect(await saved()).toEqual([{ savedAt, dropletId, sizeBytes }]);
  const before = new Date().toISOString();
  expect((await api.ask('DELETE', PATH)).json.data).toEqual({ numberphone: NUMBER, forgotten: 1 });
  expect(await saved()).toEqual([]);
  const { forgottenAt = '', ...rest } = (await told()) ?? {};
  expect(rest).toEqual({ lookedAt, problem: 'There is a link' });
  expect(forgottenAt >= before).toBe(true);
  // Asked again, it is as it was.
  const { resourceVersion } = (await api.store.get('Instance', NAME))?.metadata ?? {};
  expect((await api.ask('DELETE', PATH)).json.data.forgotten).toBe(0);
  expect(await saved()).toEqual([]);
  expect((await api.store.get('Instance', NAME))?.metadata.resourceVersion).toBe(resourceVersion);
});

test('one that only the status told of is told of no more', async () => {
  await aBot({ lookedAt: ABOUT.savedAt, ...ABOUT });
  expect((await api.ask('DELETE', PATH)).json.data.forgotten).toBe(0);
  expect(await told()).toEqual({ lookedAt: ABOUT.savedAt, forgottenAt: expect.any(String) });
  // It was a write: the trail tells whose, once.
  expect((await api.ask('DELETE', PATH)).json.data.forgotten).toBe(0);
  const { data } = (await api.ask('GET', '/api/audit')).json;
  const actions = data.map(({ action }: { action: string }) => action);
  expect(actions.filter((one: string) => one === 'forget-session')).toEqual(['forget-session']);
});

test('where nothing is known and nobody is there, nothing is written', async () => {
  expect((await api.ask('DELETE', PATH)).json.data.forgotten).toBe(0);
  await aBot();
  const revision = await api.store.revision();
  expect((await api.ask('DELETE', PATH)).json.data.forgotten).toBe(0);
  expect(await api.store.revision()).toBe(revision);
});

test('one that is saved again meanwhile is told of as kept', async () => {
  const lookedAt = ABOUT.savedAt;
  const newer = { ...ABOUT, savedAt: '2026-01-01T00:05:00.000Z', fingerprint: 'e'.repeat(64) };
  const bot = await aBot({ lookedAt, ...ABOUT });
  await api.sessions.save(bot, ABOUT, CREDS, undefined);
  // A controller comes between what the API asks and what it writes.
  const known = vi.spyOn(api.sessions, 'known').mockImplementationOnce(async (owner) => {
    const answer = await api.sessions.known(owner);
    await api.sessions.save(bot, newer, CREDS, answer);
    await tells({ lookedAt: newer.savedAt, ...newer });
    return answer;
  });
  expect((await api.ask('DELETE', PATH)).json.data.forgotten).toBe(1);
  expect(known.mock.calls.length).toBeGreaterThan(2);
  expect(await told()).toMatchObject(newer);
  expect(await saved()).toHaveLength(1);
});
