// Proves that a machine which lacks a tool runs every test but those that need it: scripts/setup-tools.sh, on a machine of made-up programs.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findBrowser } from '../e2e/find-browser.ts';

const machines: string[] = [];
afterEach(() => {
  for (const folder of machines.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of programs, each a line of shell, that is all of a path. */
function aMachine(programs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'orquesta-tools-'));
  machines.push(folder);
  for (const name of ['sh', 'env', 'grep']) {
    const path = execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    symlinkSync(path, join(folder, name));
  }
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
  return folder;
}

/** Sets up a machine whose apt-get has all packages but these. `asked`: what apt-get was told to do, in order. */
function setUp(lacking: readonly string[], programs: Readonly<Record<string, string>> = {}) {
  const machine = aMachine({
    id: 'echo 1000',
    sudo: 'exec "$@"',
    'dpkg-query': 'exit 1',
    'apt-get': [
      'echo "$*" >>"$ASKED"',
      'case " $* " in',
      ...lacking.map((name) => `*' ${name} '*) exit 100 ;;`),
      'esac',
    ].join('\n'),
    ...programs,
  });
  const ASKED = join(machine, 'asked');
  writeFileSync(ASKED, '');
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['scripts/setup-tools.sh'], {
    env: { PATH: machine, ASKED },
    encoding: 'utf8',
  });
  const asked = readFileSync(ASKED, 'utf8').trim().split('\n');
  const installed = asked.slice(1).map((line) => line.replace(/^.*Timeout=\d+ /, ''));
  return {
    status,
    said: stdout.split('\n').filter((line) => !line.startsWith('+')),
    stdout,
    stderr,
    asked,
    installed,
  };
}

describe('scripts/setup-tools.sh', () => {
  it('installs what many tests need at once, and each other tool by itself', () => {
    const { status, asked, installed, said, stdout } = setUp([]);
    expect([status, said]).toEqual([0, ['']]);
    expect(asked[0]).toBe('update -qq');
    expect(installed[0]).toBe('git openssl');
    expect(installed).toEqual(expect.arrayContaining(['chromium', 'netavark', 'mmdebstrap']));
    expect(installed.slice(1).filter((one) => one.includes(' '))).toEqual([]);
    expect(stdout.match(/^\+ .*apt-get .*$/gm)).toHaveLength(asked.length);
  });

  it('says which tests are skipped for a package that is not there, and goes on', () => {
    const { status, installed, said } = setUp(['chromium', 'netavark', 'aardvark-dns']);
    expect(status).toBe(0);
    expect(said.filter((line) => line !== '')).toEqual([
      'setup-tools: chromium cannot be had here: the tests of the dashboard in a browser are skipped',
      'setup-tools: netavark cannot be had here: the tests of the compose file, where there is no Docker, are skipped',
      'setup-tools: aardvark-dns cannot be had here: the tests of the compose file, where there is no Docker, are skipped',
    ]);
    expect(installed.at(-1)).toBe('systemd-container');
  });

  it('asks for no browser where there is one already', () => {
    const { installed } = setUp([], { 'google-chrome': 'exit 0' });
    expect(installed).not.toContain('chromium');
  });

  it('installs nothing that is installed, and lives without lists of its own', () => {
    const { status, asked, said } = setUp(['update'], { 'dpkg-query': 'echo installed' });
    expect([status, asked]).toEqual([0, ['update -qq']]);
    expect(said.join()).toContain('apt-get update failed');
  });

  it('ends with a sentence where one is missing that many tests need', () => {
    const { status, stderr } = setUp(['git']);
    expect([status, stderr]).toEqual([
      1,
      'setup-tools: apt-get could not install git openssl; see above\n',
    ]);
  });

  it('does nothing where there is no apt-get', () => {
    const machine = aMachine({});
    const { status, stdout } = spawnSync('/bin/sh', ['scripts/setup-tools.sh'], {
      env: { PATH: machine },
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining('there is no apt-get here')]);
  });
});

describe('the browser of the tests', () => {
  it.each(['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'])(
    'is found by the name %s',
    (name) => {
      const PATH = aMachine({ [name]: 'exit 0' });
      expect(findBrowser({ PATH })).toBe(join(PATH, name));
    },
  );

  it('is not a program that only tells how to install one', () => {
    const PATH = aMachine({ 'chromium-browser': 'echo install the snap >&2; exit 1' });
    expect(findBrowser({ PATH })).toBeUndefined();
  });

  it('is the one that CHROMIUM names', () => {
    const [own, PATH] = [aMachine({ mine: 'exit 0' }), aMachine({ chromium: 'exit 0' })];
    expect(findBrowser({ PATH, CHROMIUM: join(own, 'mine') })).toBe(join(own, 'mine'));
    expect(findBrowser({ PATH, CHROMIUM: '' })).toBe(join(PATH, 'chromium'));
    expect(findBrowser({ PATH, CHROMIUM: join(own, 'gone') })).toBeUndefined();
  });
});
