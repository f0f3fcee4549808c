// Proves the main job and every repair on real droplets: the program as a process, systemd, sshd and cloud-init as they are.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Program } from '../e2e/program.ts';
import { eventually } from '../eventually.ts';
import { labLacks } from './lab-machines.ts';
import { createBot, dropletIdOf, LabWorld, logOf } from './lab-world.ts';

const NUMBER = '573332221111';
const OTHER = '573332222222';
/** Each run leaves a line; then a log that is long, slow in coming, and not ASCII. One for the mood "first" takes for ever. */
const COUNTED = `echo run >>/root/runs
for i in $(seq 3000); do echo "línea $i: ✓ $(printf '%060d' "$i")"; [ $((i % 500)) -ne 0 ] || sleep 0.3; done
! grep -qx 'MOOD="first"' "$ORQUESTA_BOT_ENV_FILE" || sleep 600`;
const QUICK_HEALTH = { intervalSeconds: 1, failureThreshold: 2, startupSeconds: 20 };

describe.skipIf(labLacks)('on real droplets', () => {
  let world: LabWorld;
  let program: Program;

  beforeAll(async () => {
    world = await LabWorld.start(inject('redisUrl'), {
      classParts: { health: QUICK_HEALTH },
      scriptPrefix: COUNTED,
    });
    program = await world.run();
  });
  afterAll(() => world?.close());

  const machine = () => world.machineOf(program, NUMBER);
  const events = () => world.events(NUMBER);
  const mainPid = async () =>
    Number(await (await machine()).tell('systemctl show -P MainPID clientfy-bot'));
  const isWell = () =>
    eventually('it is completed again', async () => {
      const { status } = await program.status(NUMBER);
      return status === 'completed' && (await mainPid()) !== 0;
    });

  it('takes a bot from the call to a QR that can be scanned', async () => {
    await createBot(program, { numberphone: NUMBER });
    expect(await program.reaches(NUMBER, 'completed', 'failed')).toMatchObject({
      status: 'completed',
      progress: 100,
      error: null,
    });
    const qr = await eventually('the QR is there', async () => {
      const answer = await program.request('GET', `/api/instance/qr/${NUMBER}`);
      return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
    });
    expect(qr.subarray(1, 4).toString()).toBe('PNG');
    expect(world.counts()).toEqual({ live: 1, made: 1 });
    expect((await events()).map(({ message }) => message).join('\n')).toContain(
      'with the host key that was made for it',
    );
  });

  it('ran the bootstrap once, as a unit of systemd, after cloud-init', async () => {
    const droplet = await machine();
    expect(await droplet.tell('cat /root/runs')).toBe('run');
    const journal = await droplet.tell('journalctl --no-pager -o cat _PID=1');
    expect(journal).toMatch(/Started orquesta-bootstrap-.*\.service/);
    expect(await logOf(program, NUMBER)).toMatch(/^==> wait for cloud-init\nlínea 1: /);
  });

  it('survived the restart of sshd by cloud-init', async () => {
    const listened = await (await machine()).tell(
      'journalctl --no-pager -o cat -u ssh | grep -c "listening on 0.0.0.0"',
    );
    expect(Number(listened)).toBeGreaterThanOrEqual(2);
  });

  it('has the whole log, byte for byte', async () => {
    const onDroplet = await (await machine()).tell('cat /var/lib/orquesta/*/log');
    expect((await logOf(program, NUMBER)).trimEnd()).toBe(onDroplet);
    expect(onDroplet.match(/^línea /gm)).toHaveLength(3000);
  });

  it('leaves a bot that was killed to systemd, which starts it again', async () => {
    const before = await mainPid();
    const repairs = (await events()).filter(({ reason }) => reason === 'Restarted').length;
    await (await machine()).tell('systemctl kill -s KILL clientfy-bot');
    await eventually(
      'systemd started it again',
      async () => ![0, before].includes(await mainPid()),
    );
    await isWell();
    expect((await events()).filter(({ reason }) => reason === 'Restarted')).toHaveLength(repairs);
  });

  it('restarts a bot that hangs', async () => {
    const before = await mainPid();
    await (await machine()).tell('systemctl kill -s STOP clientfy-bot');
    await eventually('it was restarted', async () =>
      (await events()).some(({ reason }) => reason === 'Restarted'),
    );
    await isWell();
    expect(await mainPid()).not.toBe(before);
  });

  it('comes back by itself from a reboot by hand, with the pinned host key', async () => {
    const boot = async () =>
      (await machine()).tell('systemctl show -P UserspaceTimestampMonotonic');
    const before = await boot();
    await (await machine()).exec('systemctl reboot');
    await eventually('it came back', async () => (await boot()) !== before);
    await isWell();
    expect(await (await machine()).tell('cat /root/runs')).toBe('run');
    expect((await events()).map(({ reason }) => reason)).not.toContain('HostKeyMismatch');
  });

  it('powers a droplet on that was switched off', async () => {
    await (await machine()).exec('systemctl poweroff');
    await eventually('it is off', () => world.account.living()[0]?.status === 'off');
    await eventually('it is on', () => world.account.living()[0]?.status === 'active');
    await isWell();
    expect(world.counts()).toEqual({ live: 1, made: 1 });
    expect(await (await machine()).tell('cat /root/runs')).toBe('run');
  });

  it('makes a droplet anew that was destroyed', async () => {
    const before = await dropletIdOf(program, NUMBER);
    world.account.vanish(before);
    await eventually('there is another', async () => {
      const { instanceInfo } = await program.status(NUMBER);
      return instanceInfo !== null && instanceInfo.dropletId !== before;
    });
    await isWell();
    expect(world.counts()).toEqual({ live: 1, made: 2 });
  });

  it('killed with -9 in the middle of a bootstrap, attaches to the same run', async () => {
    await createBot(program, { numberphone: OTHER });
    await eventually('the log has begun', async () =>
      (await logOf(program, OTHER)).includes('línea 500:'),
    );
    await program.kill();
    program = await world.run();
    expect((await program.status(OTHER)).status).toBe('initializing');
    await program.reaches(OTHER, 'completed');
    const droplet = await world.machineOf(program, OTHER);
    expect(await droplet.tell('cat /root/runs; ls /var/lib/orquesta | wc -l')).toBe('run\n1');
    expect((await logOf(program, OTHER)).trimEnd()).toBe(
      await droplet.tell('cat /var/lib/orquesta/*/log'),
    );
    expect((await program.request('DELETE', `/api/instance/${OTHER}`)).status).toBe(202);
    await eventually('its droplet is gone', () => world.counts().live === 1);
  });

  it('ends a run that a change of the wish has made stale, before the new one begins', async () => {
    const apply = (mood: string) =>
      fetch(`${program.url}/api/apply`, {
        method: 'POST',
        headers: { 'x-api-key': 'e2e-key', 'content-type': 'application/yaml' },
        body: `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${NUMBER}", env: {MOOD: ${mood}}}}`,
      });
    expect((await apply('first')).status).toBe(200);
    const underWay = `cd /var/lib/orquesta && for run in *; do
      [ -e "$run/exit" ] || ! grep -qs 'línea 500:' "$run/log" || echo "$run"; done`;
    const stale = await eventually('the stale run is under way', async () => {
      const run = await (await machine()).tell(underWay);
      return run !== '' && run;
    });
    expect((await apply('second')).status).toBe(200);
    const dir = `/var/lib/orquesta/${stale}`;
    const exit = await eventually('the stale run has ended', () =>
      machine().then((droplet) => droplet.tell(`cat ${dir}/exit`)),
    );
    expect(exit).toBe('143');
    await isWell();
    const environ = 'cat /proc/$(pgrep -n node)/environ | tr "\\0" "\\n"';
    expect((await (await machine()).tell(environ)).split('\n')).toContain('MOOD=second');
    // systemd is asked who else is at work: nobody.
    const units = "systemctl list-units --no-legend 'orquesta-bootstrap-*'";
    await eventually('no run is left', async () => (await (await machine()).tell(units)) === '');
  });

  it('refuses a machine whose host key is no longer the pinned one, and says so', async () => {
    const droplet = await machine();
    await droplet.tell(
      'cd /etc/ssh && rm ssh_host_* && ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key',
    );
    await droplet.exec('systemctl poweroff');
    // It is given a minute, in which cloud-init might still put its key in place, after it is seen off and powered on.
    const failed = await eventually(
      'it has failed',
      async () => {
        const status = await program.status(NUMBER);
        return status.status === 'failed' && status;
      },
      180_000,
    );
    expect(failed.error).toMatch(/presenta la clave de host SHA256:.*es otra máquina/);
  });
});

describe.skipIf(labLacks)('a machine that is not the one we made', () => {
  let world: LabWorld;
  beforeAll(async () => {
    world = await LabWorld.start(inject('redisUrl'), {
      tamper: (userData) => userData.replace(/^ssh_keys:\n( .*\n)+/m, ''),
    });
  });
  afterAll(() => world?.close());

  it('is refused at first contact, gets no credential, and is told as that', async () => {
    const program = await world.run();
    await createBot(program, { numberphone: NUMBER });
    const failed = await program.reaches(NUMBER, 'failed', 'completed');
    expect(failed.error).toMatch(/clave de host .*se espera .*es otra máquina/);
    const droplet = await world.machineOf(program, NUMBER);
    expect(await droplet.tell('journalctl -u ssh | grep -c "root" || true')).toBe('0');
  });
});
