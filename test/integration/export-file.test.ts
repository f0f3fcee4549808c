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
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest';
import { exportCommand } from '../../src/cli/export.ts';
import { importCommand } from '../../src/cli/import.ts';
import { backupText } from '../../src/store/backup.ts';
import { anInstance, time } from '../builders.ts';

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

test('a backup that was cut off on its way is refused by name, and nothing of it is written', async () => {
  const whole = join(dir, 'whole.yaml');
  const cut = join(dir, 'cut.yaml');
  const everything = { revision: '7', schemaVersion: '1', clusterId: undefined, vault: {} };
  const text = backupText({ ...everything, objects: [anInstance()] }, time(0));
  writeFileSync(whole, text);
  writeFileSync(cut, text.slice(0, -1 * '...\n'.length));
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation(((line: string, done?: () => void) => {
    said.push(line);
    done?.();
    return true;
  }) as typeof process.stderr.write);
  onTestFinished(() => void vi.restoreAllMocks());
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(() => redis.disconnect());
  const written = () => redis.keys(`*${process.env['REDIS_PREFIX']}*`);

  expect(await importCommand([cut])).toBe(1);
  expect(said.join('')).toContain(`${cut} can't be restored: it was cut off`);
  expect(await written()).toEqual([]);
  expect(await importCommand([whole])).toBe(0);
  expect(await written()).not.toEqual([]);
});
