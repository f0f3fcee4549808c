import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aDroplet, link, live, PATH, read } from '../../../test/session-droplet.ts';
import { FilesError, type RemoteFiles } from '../../ssh/remote-files.ts';
import type { Session } from '../../ssh/shell.ts';
import { readSession, uploadSession } from './session.ts';

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
