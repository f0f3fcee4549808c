import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { exportCommand } from '../../src/cli/export.ts';

// A backup holds what bots are told: nobody else on the machine may get at it.

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'orquesta-export-'));
  vi.stubEnv('REDIS_URL', inject('redisUrl'));
  vi.stubEnv('REDIS_PREFIX', `test-${randomUUID()}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

test.each<[string, (part: string) => void]>([
  ['nothing', () => {}],
  ['a file that all may read', (part) => writeFileSync(part, 'old', { mode: 0o644 })],
  ['a link to a file of somebody else', (part) => symlinkSync(join(dir, 'other'), part)],
])('a backup is its owner’s alone, where there was %s', async (_, before) => {
  const file = join(dir, 'backup.yaml');
  before(`${file}.part`);
  expect(await exportCommand(['--output', file])).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('kind: Backup');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(join(dir, 'other'))).toBe(false);
  expect(existsSync(`${file}.part`)).toBe(false);
});
