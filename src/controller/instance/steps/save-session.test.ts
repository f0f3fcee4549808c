import { expect, test } from 'vitest';
import { aClass, aDroplet, anInstance, T0, time } from '../../../../test/builders.ts';
import type { InstanceStatus, SessionStatus } from '../../../resources/instance.ts';
import type { Session } from '../../../ssh/shell.ts';
import type { KnownSession, SavedSession } from '../../../store/session-archive.ts';
import type { InstanceContext } from './context.ts';
import { saveSession } from './save-session.ts';

const FINGERPRINT = 'f'.repeat(64);
const SAVED: SavedSession = {
  savedAt: time(-60),
  dropletId: 7,
  sizeBytes: 100,
  fingerprint: FINGERPRINT,
};
const KEPT: KnownSession = { is: 'kept', about: SAVED, keyId: 'new' };
const FORGOTTEN: KnownSession = {
  is: 'forgotten',
  at: time(-30),
  dropletId: 7,
  fingerprint: FINGERPRINT,
};

/** A look at the session of droplet 7, which answers `says`, with what is known of it; `keyId` seals now. */
async function look(
  known: KnownSession | undefined,
  { keyId = 'new', says = 'unchanged', was = {} as Partial<SessionStatus> } = {},
) {
  let asked = '';
  let written: SessionStatus | undefined;
  const session = {
    exec: async (command: string) => {
      asked = /^known='(.*)'$/m.exec(command)?.[1] ?? 'nothing was asked';
      return { exitCode: 0, stdout: says, stderr: '' };
    },
  } as unknown as Session;
  const status = {
    session: { lookedAt: time(-300), ...was },
    ssh: { dropletId: 7, hostKey: 'ssh-ed25519 AAAA', since: time(0), isUp: true },
  };
  await saveSession({
    object: anInstance({ status }),
    facts: {
      droplet: aDroplet({ status: { id: 7, ip: '203.0.113.7' } }),
      class: aClass({ session: { path: '/opt/bot/auth', intervalSeconds: 300 } }),
    },
    deps: {
      clock: { now: () => T0 },
      settings: { sshPort: 22, hostKeyPolicy: 'strict' },
      shell: { open: async () => session },
      sessions: { keyId, known: async () => known },
    },
    signal: new AbortController().signal,
    save: async (learnt: Partial<InstanceStatus>) => {
      written = JSON.parse(JSON.stringify(learnt.session));
    },
    event: async () => {},
  } as unknown as InstanceContext);
  return { asked, written };
}

test('what is kept of this droplet, sealed with the key that seals now, is not saved again', async () => {
  const { asked, written } = await look(KEPT);
  expect(asked).toBe(FINGERPRINT);
  expect(written).toEqual({ lookedAt: time(0), ...SAVED, keyId: 'new' });
  const other: KnownSession = { ...KEPT, about: { ...SAVED, dropletId: 6 } };
  expect((await look(other)).asked).toBe('');
});

test('once the key is another, everything is saved anew: the old key will be taken away', async () => {
  expect((await look({ ...KEPT, keyId: 'old' })).asked).toBe('');
  expect((await look({ ...KEPT, keyId: undefined })).asked).toBe('');
});

test('what the status tells of as kept, and is not, is saved anew and told of no more', async () => {
  const was = { ...SAVED, keyId: 'new' };
  const { asked, written } = await look(undefined, { was, says: 'torn' });
  expect(asked).toBe('');
  expect(written).toEqual({
    lookedAt: time(0),
    problem: 'The bot wrote to its session during each of 5 copies',
  });
  const failed = await look(undefined, { was, says: 'none' });
  expect(failed.written).toEqual({
    lookedAt: time(0),
    problem: 'There is nothing at /opt/bot/auth',
  });
});

test('what was forgotten is not saved again as long as it is the same, whatever key seals', async () => {
  const was = { ...SAVED, keyId: 'new' };
  for (const keyId of ['new', 'another']) {
    const { asked, written } = await look(FORGOTTEN, { keyId, was });
    expect(asked).toBe(FINGERPRINT);
    expect(written).toEqual({ lookedAt: time(0), forgottenAt: time(-30) });
  }
  expect((await look({ ...FORGOTTEN, dropletId: 6 })).asked).toBe('');
});
