import { expect, test } from 'vitest';
import { aClass, aDroplet, anInstance, T0, time } from '../../../../test/builders.ts';
import type { SessionStatus } from '../../../resources/instance.ts';
import type { Session } from '../../../ssh/shell.ts';
import type { InstanceContext } from './context.ts';
import { saveSession } from './save-session.ts';

const FINGERPRINT = 'f'.repeat(64);

/** What a droplet is told to be kept of its session already. */
async function known(keyId: string | undefined, kept: Partial<SessionStatus>): Promise<string> {
  let told = '';
  const session = {
    exec: async (command: string) => {
      told = /^known='(.*)'$/m.exec(command)?.[1] ?? 'nothing was asked';
      return { exitCode: 0, stdout: 'unchanged', stderr: '' };
    },
  } as unknown as Session;
  const status = {
    session: { lookedAt: time(0), dropletId: 7, fingerprint: FINGERPRINT, ...kept },
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
      sessions: { keyId },
    },
    signal: new AbortController().signal,
    save: async () => {},
    event: async () => {},
  } as unknown as InstanceContext);
  return told;
}

test('what is kept of this droplet, sealed with the key that seals now, is not saved again', async () => {
  expect(await known('new', { keyId: 'new' })).toBe(FINGERPRINT);
  expect(await known('new', { keyId: 'new', dropletId: 6 })).toBe('');
});

test('once the key is another, everything is saved anew: the old key will be taken away', async () => {
  expect(await known('new', { keyId: 'old' })).toBe('');
  expect(await known('new', {})).toBe('');
});
