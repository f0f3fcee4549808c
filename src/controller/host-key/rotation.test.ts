import { expect, test } from 'vitest';
import { newHostKey } from '../../ssh/host-key.ts';
import type { Session } from '../../ssh/shell.ts';
import { activateHostKey, stageHostKey } from './rotation.ts';

// What a droplet that was taken over can say when it is asked for its next host key.

const session = (stdout: string, more: { exitCode?: number; stderr?: string } = {}): Session => ({
  hostKey: newHostKey().publicKey,
  exec: async () => ({ exitCode: 0, stderr: '', ...more, stdout }),
  async *stream() {},
  files: () => Promise.reject(new Error('no files')),
  close() {},
});
const live = new AbortController().signal;

test('of what it prints the key alone is kept', async () => {
  const { publicKey } = newHostKey();
  for (const rest of ['', '\n', ' root@bot', `\n${'x'.repeat(100_000)}`, ' \u001b[2J\u0007 y']) {
    expect(await stageHostKey(session(publicKey + rest), live)).toEqual({ hostKey: publicKey });
  }
});

test.each([
  ['nothing', ''],
  ['no key', 'Segmentation fault'],
  ['a key without an end', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(100_000)}`],
  ['a key of no type that is known', 'a.b AAAAA2EuYg=='],
])('%s is no key', async (_, stdout) => {
  expect(await stageHostKey(session(stdout), live)).toEqual({
    problem: 'the droplet printed no key',
  });
});

test('of its excuses the first words are told, on one line and without what a terminal would obey', async () => {
  const stderr = `\u001b]0;owned\u0007no\r\n${'y'.repeat(10_000)}`;
  const problem = `]0;owned no ${'y'.repeat(10_000)}`.slice(0, 300);
  expect(await stageHostKey(session('', { exitCode: 3, stderr }), live)).toEqual({ problem });
  expect(await activateHostKey(session('', { exitCode: 3, stderr }), live)).toBe(problem);
});
