// Proves deploy/systemd on a real host: the units as they are, with all that they forbid, do the main job, come back, and back up.
import { randomBytes, randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Caller } from '../e2e/caller.ts';
import { eventually } from '../eventually.ts';
import { type Droplets, startDroplets } from './droplets.ts';
import { type LabMachine, labLacks } from './lab-machines.ts';
import { BOT_IN_IMAGE } from './lab-world.ts';

const NUMBER = '573332221111';
const API_KEY = 'hosts-key';
/** This machine, as the lab's droplets see it. */
const HOST = '10.199.0.1';
const UNITS = 'orquesta@api orquesta@controller orquesta-backup.timer';
/** As docs/deployment.md has it installed. */
const INSTALLED = [
  ...['dist', 'node_modules', 'manifests', 'examples', 'package.json'].map((name) => [
    name,
    '/opt/orquesta',
  ]),
  ...['@.service', '-backup.service', '-backup.timer'].map((name) => [
    `deploy/systemd/orquesta${name}`,
    '/etc/systemd/system',
  ]),
].map(([from = '', to = '']) => {
  const name = from.slice(from.lastIndexOf('/') + 1);
  return `--bind-ro=${process.cwd()}/${from}:${to}/${name}`;
});

/** A port of this machine's loopback, for the lab. */
async function forwarded(url: string): Promise<{ readonly url: string; readonly server: Server }> {
  const to = new URL(url);
  const { hostname, port } = to;
  const server = createServer((socket) => {
    const other = connect(Number(port), hostname);
    socket.pipe(other).pipe(socket);
    for (const end of [socket, other]) {
      end.on('error', () => {
        socket.destroy();
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  to.host = `${HOST}:${(server.address() as AddressInfo).port}`;
  return { url: to.href, server };
}

describe.skipIf(labLacks)('the systemd units on a real host', () => {
  let droplets: Droplets;
  let host: LabMachine;
  let api: Caller;
  const servers: Server[] = [];

  beforeAll(async () => {
    droplets = await startDroplets({ flags: [...BOT_IN_IMAGE, ...INSTALLED] });
    const made = await droplets.create('control-plane', '#cloud-config\n{}\n');
    host = made.machine;
    api = new Caller(`http://${made.address}:3000`, API_KEY);
    const [redis, cloud] = [await forwarded(inject('redisUrl')), await forwarded(droplets.url)];
    servers.push(redis.server, cloud.server);
    const settings = {
      HOST: '0.0.0.0',
      API_KEY,
      REDIS_URL: redis.url,
      REDIS_PREFIX: `hosts-${randomUUID()}`,
      DIGITALOCEAN_API_URL: cloud.url,
      DIGITALOCEAN_TOKEN: 'hosts-token',
      ORQUESTA_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ORQUESTA_CLASSES_DIR: '/opt/orquesta/examples/classes',
    };
    await eventually('systemd is ready', async () =>
      /running|degraded/.test(await tell('systemctl is-system-running || true')),
    );
    await tell('install -d /etc/orquesta');
    await put('orquesta.env', settings);
    await put('api.env', { DIGITALOCEAN_TOKEN: '', ORQUESTA_ENCRYPTION_KEY: '' });
    await put('controller.env', { PORT: '3001' });
  });
  afterAll(async () => {
    await droplets?.close();
    for (const server of servers) server.close();
  });

  const tell = (command: string) => host.tell(command);
  const put = (file: string, settings: Readonly<Record<string, string>>) => {
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    return tell(`umask 077; cat >/etc/orquesta/${file} <<'END'\n${lines.join('\n')}\nEND`);
  };
  const pid = async (role: string) =>
    Number(await tell(`systemctl show -P MainPID orquesta@${role}`));

  it('does the main job, as nobody, with nothing that it could write to', async () => {
    await tell(`systemctl daemon-reload && systemctl enable --quiet --now ${UNITS}`);
    await eventually('the API answers', async () => (await fetch(`${api.url}/healthz`)).ok);
    const created = await api.request('POST', '/api/instance/create', { numberphone: NUMBER });
    expect(created.status).toBe(202);
    const ended = await api.reaches(NUMBER, 'completed', 'failed');
    expect([ended.status, ended.error]).toEqual(['completed', null]);
    for (const role of ['api', 'controller']) {
      const process = `/proc/${await pid(role)}`;
      expect(await tell(`stat -c %u ${process}`)).not.toBe('0');
      expect(await tell(`grep -E '^(CapEff|NoNewPrivs|Seccomp):' ${process}/status`)).toBe(
        'CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2',
      );
    }
    expect(await tell(`tr '\\0' '\\n' </proc/${await pid('api')}/environ`)).not.toMatch(
      /hosts-token|ENCRYPTION_KEY=./,
    );
  });

  it('logs nothing that speaks of a fault, and no secret', async () => {
    const journal = await tell("journalctl --no-pager -o cat -u 'orquesta@*'");
    // Pino's numbers: 30 is info, 50 and 60 are error and fatal.
    expect(journal).toMatch(/"level":30,/);
    expect(journal).not.toMatch(/"level":[56]0,|EPERM|EACCES|EROFS/);
    expect(journal).not.toMatch(/hosts-token|hosts-key/);
  });

  it('comes back when it is killed, and goes on', async () => {
    const before = await pid('controller');
    await tell('systemctl kill -s KILL orquesta@controller');
    await eventually(
      'there is another',
      async () => ![0, before].includes(await pid('controller')),
    );
    await api.remove(NUMBER);
    await eventually('the droplet is gone', () => droplets.live() === 1);
  });

  it('backs up all objects into a folder that nobody else may read', async () => {
    await tell('systemctl start orquesta-backup.service');
    const folder = '/var/lib/private/orquesta-backup';
    expect(await tell(`grep -c 'kind: InstanceClass' ${folder}/*.yaml`)).toBe('1');
    expect(await tell(`stat -c %a ${folder} ${folder}/*.yaml`)).toBe('700\n600');
    expect(await tell('systemctl is-active orquesta-backup.timer')).toBe('active');
  });

  it('stops in time, and by its own will', async () => {
    await tell('systemctl stop orquesta@api orquesta@controller');
    for (const role of ['api', 'controller']) {
      expect(await tell(`systemctl show -P Result orquesta@${role}`)).toBe('success');
    }
  });
});
