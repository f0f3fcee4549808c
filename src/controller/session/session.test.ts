import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aDroplet, link, live, PATH, read, saved } from '../../../test/session-droplet.ts';
import { FilesError } from '../../ssh/remote-files.ts';
import type { Session } from '../../ssh/shell.ts';
import { readSession, restoreFiles, uploadSession } from './session.ts';

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
