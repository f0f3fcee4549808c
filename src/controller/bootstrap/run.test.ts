import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { localFiles } from '../../../test/twins/local-files.ts';
import { instanceClassSpec } from '../../resources/instance-class.ts';
import { parseEnvironmentFile } from '../../simulator/guest/unit-file.mjs';
import type { CommandResult, Session } from '../../ssh/shell.ts';
import { ensureRun, runFiles } from './run.ts';

const never = new AbortController().signal;
const RUN_SH = readFileSync(new URL('./run.sh', import.meta.url), 'utf8');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orquesta-run-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A droplet without systemd, as a folder of this machine. */
const session: Session = {
  hostKey: '',
  exec: (command, { stdin }) =>
    new Promise<CommandResult>((resolve, reject) => {
      const child = spawn('sh', ['-c', command], { env: { ...process.env, ORQUESTA_ROOT: root } });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => (stdout += chunk));
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.once('error', reject);
      child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
      child.stdin.end(stdin);
    }),
  async *stream() {},
  files: (work) => work(localFiles(root)),
  close() {},
};

const filesOf = (run: string, script: string) => [
  { path: `/var/lib/orquesta/${run}/env`, mode: '0600', content: '' },
  { path: `/var/lib/orquesta/${run}/script`, mode: '0700', content: script },
  { path: `/var/lib/orquesta/${run}/run.sh`, mode: '0700', content: RUN_SH },
];
const ensure = (run: string, script: string) =>
  ensureRun(session, run, filesOf(run, script), 60, never);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

// Where systemd runs, ensure-run.sh would give it the run: test/hosts proves that way.
describe.skipIf(existsSync('/run/systemd/system'))('a run without systemd', () => {
  it('is started once, and tells how it ended', async () => {
    const script = `echo once >>${root}/runs; exit 7`;
    await ensure('one', script);
    await eventually('the run leaves its mark', () =>
      existsSync(join(root, 'var/lib/orquesta/one/exit')),
    );
    expect(await ensure('one', script)).toEqual({ is: 'ended', exitCode: 7 });
    expect(readFileSync(join(root, 'runs'), 'utf8')).toBe('once\n');
  });

  it('that ends between two looks at it is no dead one', async () => {
    await ensure('one', 'sleep 60');
    const dir = join(root, 'var/lib/orquesta/one');
    const [pid = ''] = readFileSync(join(dir, 'pid'), 'utf8').split(' ');
    const bin = join(root, 'bin');
    mkdirSync(bin);
    // Asked when the process began: at this moment it ends.
    const sed = `#!/bin/sh\necho 7 >${dir}/exit\nexit 1\n`;
    writeFileSync(join(bin, 'sed'), sed, { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
    try {
      expect(await ensure('one', '')).toEqual({ is: 'ended', exitCode: 7 });
    } finally {
      vi.unstubAllEnvs();
      process.kill(-Number(pid), 'SIGKILL');
    }
  });

  it('gives every value to the script and to the bot as it is, whatever it is made of', async () => {
    const hostile = [
      ...'\'"`$\\;&|<>()*?[]{}~#!%^ \t\n\r\v\f\x7f\x1b\x01',
      ...['\u2028', '\u2029', '\u0085', '\ufeff', '\u200b', '\u202e', 'ñ', '🤖'],
      ...[
        '$(touch owned)',
        '`touch owned`',
        "'; touch owned; '",
        '"; touch owned; "',
        '\n',
        '\r\n',
      ],
      ...['\nB=1', '\r\nLD_PRELOAD=x', '-n', '-e', '', ' ', '\n\n\n', 'x\n', '\\', '\\\n', '%s%n'],
      ...fc.sample(fc.string({ unit: 'binary' }), 60).map((text) => text.replaceAll('\0', '')),
    ];
    const env = Object.fromEntries(hostile.map((value, i) => [`V${i}`, value]));
    const klass = instanceClassSpec.parse({
      bootstrap: {
        files: [{ path: '/opt/a.txt', content: hostile.join('\n') }],
        script:
          'env -0 >"$ORQUESTA_ROOT/seen"; cp "$ORQUESTA_BOT_ENV_FILE" "$ORQUESTA_ROOT/bot.env"',
      },
    });
    const secrets = { read: async () => '' };
    const files = await runFiles('run', klass, { bot: env, script: env }, secrets);
    await ensureRun(session, 'run', files, 60, never);
    await eventually('the run leaves its mark', () =>
      existsSync(join(root, 'var/lib/orquesta/run/exit')),
    );
    const seen = new Map(
      readFileSync(join(root, 'seen'), 'utf8')
        .split('\0')
        .map((line) => {
          const at = line.indexOf('=');
          return [line.slice(0, at), line.slice(at + 1)] as const;
        }),
    );
    // What UTF-8 can't say came to be U+FFFD on its way.
    const asBytes = (text: string) => Buffer.from(text).toString();
    for (const [name, value] of Object.entries(env)) {
      expect([name, seen.get(name)]).toEqual([name, asBytes(value)]);
    }
    const botEnv = parseEnvironmentFile(
      readFileSync(join(root, 'var/lib/orquesta/run/bot.env'), 'utf8'),
    );
    const wanted = Object.entries(env).map(([name, value]) => [name, asBytes(value)]);
    expect(botEnv).toEqual(Object.fromEntries(wanted));
    expect(readFileSync(join(root, 'opt/a.txt'), 'utf8')).toBe(asBytes(hostile.join('\n')));
    expect(readdirSync(root).sort()).toEqual(['bot.env', 'opt', 'seen', 'var']);
    expect(existsSync('owned')).toBe(false);
  });

  it('ends an earlier run with all that it started, before it begins itself', async () => {
    const pidFile = join(root, 'sleeper');
    const first = `sleep 50 & echo $! >${pidFile}.part; mv ${pidFile}.part ${pidFile}; wait`;
    expect(await ensure('one', first)).toEqual({ is: 'running' });
    await eventually('the run leaves its mark', () => existsSync(pidFile));
    const sleeper = Number(readFileSync(pidFile, 'utf8'));
    expect(isAlive(sleeper)).toBe(true);
    try {
      const second = `kill -0 ${sleeper} 2>/dev/null && exit 1; exit 0`;
      await ensure('two', second);
      await eventually('the run leaves its mark', () =>
        existsSync(join(root, 'var/lib/orquesta/two/exit')),
      );
      expect(await ensure('two', second)).toEqual({ is: 'ended', exitCode: 0 });
      expect(await ensure('one', first)).toMatchObject({ is: 'ended' });
    } finally {
      if (isAlive(sleeper)) process.kill(sleeper, 'SIGKILL');
    }
  });
});

describe('a droplet that was taken over', () => {
  it.each([
    'ended',
    'ended x',
    'ended -1',
    'ended 1e9',
    'ended NaN',
    'ended 0x0',
    'rubbish',
    'ended\n0',
  ])('can say %j, and that counts as no exit code', async (stdout) => {
    const says = { ...session, exec: async () => ({ exitCode: 0, stdout, stderr: '' }) };
    expect(await ensureRun(says, 'run', [], 60, never)).toEqual({ is: 'dead' });
  });
});
