// Proves that a WhatsApp session outlives a real droplet: OpenSSH's own SFTP, systemd's own order of units, a bot that is not root.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Program } from '../e2e/program.ts';
import { eventually } from '../eventually.ts';
import { labLacks } from './lab-machines.ts';
import { createBot, LabWorld } from './lab-world.ts';

const NUMBER = '573332221111';
const HOME = '/var/lib/clientfy';
/** The bot's own user, and its folder as a repository brings it. */
const AS_BOT = `id clientfy >/dev/null 2>&1 || useradd --system --home-dir ${HOME} clientfy
install -d -o clientfy -m 0750 ${HOME}
[ -e ${HOME}/auth ] || { install -d -o clientfy -m 0750 ${HOME}/auth && touch ${HOME}/auth/.gitkeep; }
install -d /etc/systemd/system/clientfy-bot.service.d
printf '[Service]\\nUser=clientfy\\n' >/etc/systemd/system/clientfy-bot.service.d/user.conf`;

describe.skipIf(labLacks)('a WhatsApp session on real droplets', () => {
  let world: LabWorld;
  let program: Program;

  beforeAll(async () => {
    world = await LabWorld.start(inject('redisUrl'), {
      classParts: {
        health: { intervalSeconds: 1, failureThreshold: 2, startupSeconds: 20 },
        session: { path: `${HOME}/auth`, intervalSeconds: 10 },
        bot: { env: { STATE_FILE: `${HOME}/auth/creds.json` } },
      },
      scriptPrefix: AS_BOT,
      env: { ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64') },
    });
    program = await world.run();
  });
  afterAll(() => world?.close());

  const tell = async (command: string) => (await world.machineOf(program, NUMBER)).tell(command);
  const botStatus = async () =>
    ((await (await fetch(`http://${await ip()}:5432/api/status`)).json()) as { status: string })
      .status;
  const ip = async () => (await program.status(NUMBER)).instanceInfo?.ip ?? '';
  const savedOf = async () => {
    const answer = await program.request('GET', `/api/instance/session/${NUMBER}`);
    const { data } = (await answer.json()) as { data: { saved: { dropletId: number }[] } };
    return data.saved;
  };
  let first = 0;

  it('is saved once it is linked, and nothing of it stays lying about', async () => {
    await createBot(program, { numberphone: NUMBER });
    const up = await program.reaches(NUMBER, 'completed', 'failed');
    expect([up.status, up.error]).toEqual(['completed', null]);
    first = up.instanceInfo?.dropletId ?? 0;
    expect(await tell('ps -o user= -C node | sort -u')).toBe('clientfy');
    await eventually('the QR is shown', async () => (await botStatus()) === 'show_qr');
    await tell(`printf 'pre key' >'${HOME}/auth/pre key 1.json'`);
    await fetch(`http://${up.instanceInfo?.ip}:5432/simulate/scan`, { method: 'POST' });
    await eventually('it is saved', async () => (await savedOf()).length > 0);
    expect((await savedOf())[0]?.dropletId).toBe(first);
    expect(await tell('ls -A /var/lib/orquesta/session')).toBe('');
  });

  it('is there on the next droplet before the bot starts, and the bot may write to it', async () => {
    const had = await tell(`cat ${HOME}/auth/creds.json`);
    world.account.vanish(first);
    await eventually('another droplet is up', async () => {
      const { status, instanceInfo } = await program.status(NUMBER);
      return status === 'completed' && instanceInfo?.dropletId !== first;
    });
    expect(await tell(`cat ${HOME}/auth/creds.json`)).toBe(had);
    expect(await tell(`stat -c '%U %a %n' ${HOME}/auth ${HOME}/auth/*.json`)).toBe(
      [
        `clientfy 750 ${HOME}/auth`,
        `clientfy 600 ${HOME}/auth/creds.json`,
        `clientfy 644 ${HOME}/auth/pre key 1.json`,
      ].join('\n'),
    );
    await eventually('it is linked', async () => (await botStatus()) === 'connected');
    const journal = await tell('journalctl --no-pager -o cat -u clientfy-bot');
    expect(journal).not.toContain('a QR code is ready');
    await tell(`runuser -u clientfy -- touch ${HOME}/auth/creds.json`);
    expect(await tell('ls -A /var/lib/orquesta/session')).toBe('done\npath\nrestore.sh');
    // Whoever runs bots may set their environment, which must not reach what root runs for them.
    expect(await tell('systemctl show -p ExecStartPre --value clientfy-bot')).toBe('');
  });

  it('is put back once: a restart leaves what the bot has', async () => {
    await tell(`printf newer >${HOME}/auth/creds.json && systemctl restart clientfy-bot`);
    expect(await tell(`cat ${HOME}/auth/creds.json`)).toBe('newer');
  });

  it('is forgotten with the instance', async () => {
    await program.remove(NUMBER);
    expect(world.counts().live).toBe(0);
    expect(await savedOf()).toEqual([]);
  });
});
