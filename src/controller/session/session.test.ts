import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localFiles } from '../../../test/twins/local-files.ts';
import { FilesError, type RemoteFiles } from '../../ssh/remote-files.ts';
import type { CommandResult, Session } from '../../ssh/shell.ts';
import { readSession, restoreFiles, uploadSession } from './session.ts';

const PATH = '/opt/bot/auth';
const live = () => new AbortController().signal;

let folders: string[] = [];
beforeEach(() => {
  folders = [];
});
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A droplet as a folder of this machine. `change`: its files as a hostile one would serve them. */
function aDroplet(change: (files: RemoteFiles) => Partial<RemoteFiles> = () => ({})) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'orquesta-session-')));
  folders.push(root);
  const sh = (command: string, stdin?: string, env = {}) =>
    new Promise<CommandResult>((resolve, reject) => {
      const child = spawn('sh', ['-c', command], {
        env: { ...process.env, ORQUESTA_ROOT: root, ...env },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => (stdout += chunk));
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.once('error', reject);
      child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
      child.stdin.end(stdin);
    });
  const files = localFiles(root);
  const session: Session = {
    hostKey: '',
    exec: (command, { stdin }) => sh(command, stdin),
    async *stream() {},
    files: (work) => work({ ...files, ...change(files) }),
    close() {},
  };
  const at = (path: string) => join(root, path);
  mkdirSync(at('/opt/bot'), { recursive: true });
  return { root, session, sh, at };
}

function link({ at }: ReturnType<typeof aDroplet>): void {
  mkdirSync(at(`${PATH}/keys/old`), { recursive: true });
  writeFileSync(at(`${PATH}/creds.json`), '{"me":"573332221111"}', { mode: 0o600 });
  writeFileSync(at(`${PATH}/keys/pre key-1 año.json`), Buffer.from([0, 1, 255]));
  writeFileSync(at(`${PATH}/keys/old/empty`), '');
  chmodSync(at(`${PATH}/keys`), 0o710);
}

const read = ({ session }: ReturnType<typeof aDroplet>, known = '') =>
  readSession(session, PATH, known, live());

async function saved(droplet: ReturnType<typeof aDroplet>, known = '') {
  const look = await read(droplet, known);
  if (look.is !== 'saved') throw new Error(JSON.stringify(look));
  return look;
}

const UNITS = '/etc/systemd/system';
const DROP_IN = `${UNITS}/bot.service.d/orquesta-session.conf`;

/** As run.sh does it, and systemd before it starts the bot. */
async function putBack(droplet: ReturnType<typeof aDroplet>, path = PATH): Promise<void> {
  const { at, sh } = droplet;
  for (const { path: where, content } of restoreFiles(path)) writeFileSync(at(where), content);
  mkdirSync(at('/bin'), { recursive: true });
  writeFileSync(at('/bin/systemctl'), '#!/bin/sh\n', { mode: 0o755 });
  const env = { BOT_SERVICE: 'bot.service', PATH: `${at('/bin')}:${process.env['PATH']}` };
  await sh(`sh ${at('/var/lib/orquesta/session/restore.sh')} install`, '', env);
  if (!existsSync(at(DROP_IN))) return;
  const wanted = /^Wants=(.+)$/m.exec(readFileSync(at(DROP_IN), 'utf8'))?.[1];
  const unit = readFileSync(at(`${UNITS}/${wanted}`), 'utf8');
  await sh(/^ExecStart=(.+)$/m.exec(unit)?.[1] ?? 'false');
}

describe('a session that is saved', () => {
  it('comes back on another droplet as it was, and leaves nothing else on either', async () => {
    const [one, other] = [aDroplet(), aDroplet()];
    link(one);
    const { archive } = await saved(one);
    expect(readdirSync(one.at('/var/lib/orquesta/session'))).toEqual([]);
    await uploadSession(other.session, 'run-1', archive, live());
    expect(statSync(other.at('/var/lib/orquesta/session/in')).mode & 0o777).toBe(0o700);
    await putBack(other);
    expect(readFileSync(other.at(`${PATH}/creds.json`), 'utf8')).toBe('{"me":"573332221111"}');
    expect(statSync(other.at(`${PATH}/creds.json`)).mode & 0o777).toBe(0o600);
    expect([...readFileSync(other.at(`${PATH}/keys/pre key-1 año.json`))]).toEqual([0, 1, 255]);
    expect(readFileSync(other.at(`${PATH}/keys/old/empty`), 'utf8')).toBe('');
    expect(statSync(other.at(`${PATH}/keys`)).mode & 0o777).toBe(0o710);
    expect(readdirSync(other.at('/var/lib/orquesta/session')).sort()).toEqual([
      'done',
      'path',
      'restore.sh',
    ]);
  });

  it('is put back once: a bot that was logged out since is not given its old one', async () => {
    const [one, other] = [aDroplet(), aDroplet()];
    link(one);
    const { archive } = await saved(one);
    await uploadSession(other.session, 'run-1', archive, live());
    await putBack(other);
    for (const file of ['creds.json', 'keys/pre key-1 año.json', 'keys/old/empty']) {
      rmSync(other.at(`${PATH}/${file}`));
    }
    await uploadSession(other.session, 'run-2', archive, live());
    await putBack(other);
    expect(existsSync(other.at(`${PATH}/creds.json`))).toBe(false);
    expect(existsSync(other.at('/var/lib/orquesta/session/in'))).toBe(false);
  });

  it("is put back by a unit of its own: in the bot's, root would run by what whoever runs bots puts into its environment", async () => {
    const [one, other] = [aDroplet(), aDroplet()];
    link(one);
    await uploadSession(other.session, 'run-1', (await saved(one)).archive, live());
    await putBack(other);
    const dropIn = readFileSync(other.at(DROP_IN), 'utf8').trim().split('\n');
    // Wanted and not required: a bot without its session asks to be linked again, which is better than no bot.
    expect(dropIn).toEqual([
      '[Unit]',
      'Wants=orquesta-session.service',
      'After=orquesta-session.service',
    ]);
    const unit = readFileSync(other.at(`${UNITS}/orquesta-session.service`), 'utf8');
    expect(unit).toContain('\nType=oneshot\n');
    expect(unit).not.toMatch(/^Environment/m);
  });

  it('may be one file', async () => {
    const [one, other] = [aDroplet(), aDroplet()];
    writeFileSync(one.at(PATH), 'creds');
    await uploadSession(other.session, 'run-1', (await saved(one)).archive, live());
    await putBack(other);
    expect(readFileSync(other.at(PATH), 'utf8')).toBe('creds');
  });

  it('is read again only when something changed', async () => {
    const droplet = aDroplet();
    link(droplet);
    const { fingerprint } = await saved(droplet);
    expect(await read(droplet, fingerprint)).toEqual({ is: 'unchanged' });
    writeFileSync(droplet.at(`${PATH}/creds.json`), '{"me":"573332221112"}');
    const second = await saved(droplet, fingerprint);
    expect(second.fingerprint).not.toBe(fingerprint);
    chmodSync(droplet.at(`${PATH}/creds.json`), 0o640);
    expect((await read(droplet, second.fingerprint)).is).toBe('saved');
  });

  it('is copied again when the bot wrote to it meanwhile, and told of when it never stops', async () => {
    const droplet = aDroplet();
    link(droplet);
    /** A droplet whose bot writes while the first so many copies are made. */
    const busy = (copies: number): Session => {
      writeFileSync(droplet.at('/copies'), '');
      mkdirSync(droplet.at('/bin'), { recursive: true });
      const tar = `#!/bin/sh
if [ "$1" = -cf ]; then
  printf x >>${droplet.at('/copies')}
  [ "$(wc -c <${droplet.at('/copies')})" -gt ${copies} ] || printf x >>${droplet.at(`${PATH}/creds.json`)}
fi
PATH='${process.env['PATH']}' exec tar "$@"
`;
      writeFileSync(droplet.at('/bin/tar'), tar, { mode: 0o755 });
      const env = { PATH: `${droplet.at('/bin')}:${process.env['PATH']}` };
      return {
        ...droplet.session,
        exec: (command, { stdin }) => droplet.sh(command, stdin, env),
      };
    };
    expect((await readSession(busy(2), PATH, '', live())).is).toBe('saved');
    expect(readFileSync(droplet.at('/copies'), 'utf8')).toBe('xxx');
    expect(await readSession(busy(1_000), PATH, '', live())).toEqual({
      is: 'not-kept',
      why: 'The bot wrote to its session during each of 5 copies',
    });
    expect(readdirSync(droplet.at('/var/lib/orquesta/session'))).toEqual([]);
  });

  it('is not put over what a bot has there already, nor brought to a run that has begun', async () => {
    const [one, other] = [aDroplet(), aDroplet()];
    link(one);
    const { archive } = await saved(one);
    mkdirSync(other.at('/var/lib/orquesta/run-1/lock'), { recursive: true });
    await uploadSession(other.session, 'run-1', archive, live());
    expect(existsSync(other.at('/var/lib/orquesta/session'))).toBe(false);
    await uploadSession(other.session, 'run-2', archive, live());
    mkdirSync(other.at(`${PATH}/keys`), { recursive: true });
    writeFileSync(other.at(`${PATH}/keys/newer`), '');
    await putBack(other);
    expect(readdirSync(other.at(PATH))).toEqual(['keys']);
    expect(existsSync(other.at('/var/lib/orquesta/session/in'))).toBe(false);
  });

  it('is put over the empty folder that a repository brought', async () => {
    const [one, other] = [aDroplet(), aDroplet()];
    link(one);
    await uploadSession(other.session, 'run-1', (await saved(one)).archive, live());
    mkdirSync(other.at(`${PATH}/keys`), { recursive: true });
    for (const name of ['.gitkeep', 'keys/.gitignore']) {
      writeFileSync(other.at(`${PATH}/${name}`), '');
    }
    await putBack(other);
    expect(readdirSync(other.at(PATH)).sort()).toEqual(['creds.json', 'keys']);
  });

  it('is there whole or not at all when the way to the droplet breaks, and is brought at the next try', async () => {
    const one = aDroplet();
    link(one);
    const { archive } = await saved(one);
    let breaks = true;
    const other = aDroplet((files) => ({
      write: (path, ...rest) => {
        if (breaks && path.endsWith('empty')) throw new FilesError('refused', 'No space');
        return files.write(path, ...rest);
      },
    }));
    await expect(uploadSession(other.session, 'run-1', archive, live())).rejects.toThrow(/space/);
    expect(existsSync(other.at('/var/lib/orquesta/session/in'))).toBe(false);
    breaks = false;
    await uploadSession(other.session, 'run-1', archive, live());
    await uploadSession(other.session, 'run-1', archive, live());
    await putBack(other);
    expect(existsSync(other.at(`${PATH}/creds.json`))).toBe(true);
    expect(readdirSync(other.at('/var/lib/orquesta/session')).sort()).toEqual([
      'done',
      'path',
      'restore.sh',
    ]);
  });

  it('is not put where a link leads to', async () => {
    const [one, other] = [aDroplet(), aDroplet()];
    link(one);
    await uploadSession(other.session, 'run-1', (await saved(one)).archive, live());
    rmSync(other.at('/opt/bot'), { recursive: true });
    mkdirSync(other.at('/secret'));
    symlinkSync(other.at('/secret'), other.at('/opt/bot'));
    await putBack(other);
    expect(readdirSync(other.at('/secret'))).toEqual([]);
  });
});

describe('what is not kept', () => {
  const why = async (droplet: ReturnType<typeof aDroplet>) => {
    const look = await read(droplet);
    const kept = droplet.at('/var/lib/orquesta/session');
    expect(existsSync(kept) ? readdirSync(kept).filter(isCopy) : []).toEqual([]);
    return look.is === 'not-kept' ? look.why : look;
  };
  const isCopy = (name: string) => name.startsWith('out-');
  const aLinked = () => {
    const droplet = aDroplet();
    link(droplet);
    mkdirSync(droplet.at('/var/lib/orquesta/session'), { recursive: true });
    mkdirSync(droplet.at('/etc/auth'), { recursive: true });
    writeFileSync(droplet.at('/etc/auth/shadow'), 'root:$6$');
    return droplet;
  };

  it('nothing', async () => {
    const droplet = aLinked();
    rmSync(droplet.at(PATH), { recursive: true });
    expect(await why(droplet)).toBe(`There is nothing at ${PATH}`);
    rmSync(droplet.at('/opt/bot'), { recursive: true });
    expect(await why(droplet)).toBe(`There is nothing at ${PATH}`);
  });

  it('what links lead to: in the folder, in its place, or above it', async () => {
    const inside = aLinked();
    symlinkSync(inside.at('/etc/auth/shadow'), inside.at(`${PATH}/keys/link`));
    expect(await why(inside)).toMatch(/^There is a link at/);
    const place = aLinked();
    rmSync(place.at(PATH), { recursive: true });
    symlinkSync(place.at('/etc/auth'), place.at(PATH));
    expect(await why(place)).toMatch(/^There is a link at/);
    const above = aLinked();
    rmSync(above.at('/opt/bot'), { recursive: true });
    symlinkSync(above.at('/etc'), above.at('/opt/bot'));
    expect(await why(above)).toMatch(/leads through a link/);
  });

  it('what the droplet has no room to copy', async () => {
    const droplet = aLinked();
    mkdirSync(droplet.at('/bin'));
    const full =
      '#!/bin/sh\n[ "$1" != -xpf ] || { echo "No space left on device" >&2; exit 2; }\ncat\n';
    writeFileSync(droplet.at('/bin/tar'), full, { mode: 0o755 });
    const env = { PATH: `${droplet.at('/bin')}:${process.env['PATH']}` };
    const session: Session = {
      ...droplet.session,
      exec: (command, { stdin }) => droplet.sh(command, stdin, env),
    };
    expect(await why({ ...droplet, session })).toBe(
      'The session could not be copied on the droplet: No space left on device',
    );
  });

  it('more than 16 MiB, 6 MiB packed, or 10,000 files', async () => {
    const large = aLinked();
    writeFileSync(large.at(`${PATH}/large`), Buffer.alloc(16 * 1024 * 1024 + 1));
    expect(await why(large)).toMatch(/too large to be kept: 167\d+ bytes/);
    const many = aLinked();
    for (let i = 0; i < 10_001; i++) writeFileSync(many.at(`${PATH}/keys/${i}`), '');
    expect(await why(many)).toMatch(/too large to be kept: 100\d\d files/);
  });
});

describe('a droplet that was taken over', () => {
  const hostile = (change: (files: RemoteFiles) => Partial<RemoteFiles>) => {
    const droplet = aDroplet(change);
    link(droplet);
    return read(droplet);
  };

  it.each([
    '../../../../etc/cron.d/root',
    '..',
    '.',
    '',
    'a/b',
    '/etc/passwd',
    'nul\0',
    'x'.repeat(256),
  ])('can give no file the name %j', async (name) => {
    const look = hostile(() => ({ list: async () => [{ name, kind: 'file', mode: 0o644 }] }));
    await expect(look).rejects.toMatchObject({ name: 'FilesError', kind: 'refused' });
  });

  it('can put no link or device among them', async () => {
    const look = hostile(() => ({
      list: async () => [{ name: 'a', kind: 'other', mode: 0o644 }],
    }));
    await expect(look).rejects.toMatchObject({ name: 'FilesError', kind: 'refused' });
  });

  it('can keep nobody busy without end: folders in folders, folders of thousands, files without end', async () => {
    const deep = hostile(() => ({
      list: async () => [{ name: 'a', kind: 'folder', mode: 0o700 }],
    }));
    await expect(deep).rejects.toMatchObject({ kind: 'too-large' });
    let asked = 0;
    const wide = hostile(() => ({
      list: async () => {
        asked += 1;
        return Array.from({ length: 900 }, (_, i) => ({
          name: `f${i}`,
          kind: 'folder' as const,
          mode: 0o700,
        }));
      },
    }));
    await expect(wide).rejects.toMatchObject({ kind: 'too-large' });
    expect(asked).toBeLessThan(50);
    let bytes = 0;
    const endless = hostile((files) => ({
      read: async (_, room) => {
        const content = Buffer.alloc(8 * 1024 * 1024);
        bytes += content.length;
        room.left -= content.length;
        if (room.left < 0) throw new FilesError('too-large', 'no room');
        return content;
      },
      list: files.list,
    }));
    await expect(endless).rejects.toMatchObject({ kind: 'too-large' });
    expect(bytes).toBeLessThan(200 * 1024 * 1024);
  });

  it('can say what it likes: only its first words are repeated', async () => {
    const droplet = aDroplet();
    const says = (stdout: string, stderr = ''): Session => ({
      ...droplet.session,
      exec: async () => ({ exitCode: 0, stdout, stderr }),
    });
    for (const stdout of ['', 'taken', 'taken ../../etc', 'x'.repeat(1000), 'large <script>']) {
      const look = await readSession(says(stdout, 'e'.repeat(9_999)), PATH, '', live());
      expect(JSON.stringify(look).length).toBeLessThan(300);
      expect(JSON.stringify(look)).not.toMatch(/script|\.\./);
    }
  });

  it('leaves nothing that gets out of the folder on the next droplet', async () => {
    const { gzipSync } = await import('node:zlib');
    const next = aDroplet();
    for (const path of ['../x', '/x', 'a/../../x', 'a//b', 'a\0', `a${'/a'.repeat(20)}`]) {
      const entries = [
        { path: '', mode: 0o700 },
        { path, mode: 0o644, content: '' },
      ];
      const archive = gzipSync(JSON.stringify({ version: 1, entries }));
      const upload = uploadSession(next.session, 'run-1', archive, live());
      await expect(upload).rejects.toMatchObject({ name: 'FilesError', kind: 'refused' });
    }
    for (const text of ['', 'no gzip', gzipSync('{'), gzipSync('{"version":2,"entries":[]}')]) {
      const upload = uploadSession(next.session, 'run-1', Buffer.from(text), live());
      await expect(upload).rejects.toMatchObject({ name: 'FilesError', kind: 'refused' });
    }
    const setuid = gzipSync(
      JSON.stringify({ version: 1, entries: [{ path: '', mode: 0o4755, content: '' }] }),
    );
    await expect(uploadSession(next.session, 'run-1', setuid, live())).rejects.toThrow();
    expect(existsSync(next.at('/var/lib/orquesta'))).toBe(false);
  });
});
