// Proves deploy/systemd on a real host: the units as they are, with all that they forbid, do the main job, come back, and back up.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
/** What docs/deployment.md gives to no API. */
const WITHHELD = [
  'DIGITALOCEAN_TOKEN',
  'ORQUESTA_ENCRYPTION_KEY',
  'SSH_PRIVATE_KEY_FILE',
  'DIGITALOCEAN_SSH_PASSWORD',
];
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

const linesOf = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

/** .env.example as somebody has filled it in, with all else that it says. */
function filledIn(settings: Readonly<Record<string, string>>): string {
  const left = new Map(Object.entries(settings));
  const text = readFileSync('.env.example', 'utf8').replace(/^([A-Z_]+)=.*$/gm, (line, name) => {
    const value = left.get(name);
    left.delete(name);
    return value === undefined ? line : `${name}=${value}`;
  });
  expect([...left.keys()], 'settings that .env.example does not name').toEqual([]);
  return text;
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
    await put('orquesta.env', filledIn(settings));
    await put('api.env', linesOf(Object.fromEntries(WITHHELD.map((name) => [name, '']))));
    await put('controller.env', linesOf({ PORT: '3001' }));
  });
  afterAll(async () => {
    await droplets?.close();
    for (const server of servers) server.close();
  });

  const tell = (command: string) => host.tell(command);
  const put = (file: string, text: string) =>
    tell(`umask 077; cat >/etc/orquesta/${file} <<'END'\n${text}\nEND`);
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
    const environ = (role: string) =>
      pid(role).then((id) => tell(`tr '\\0' '\\n' </proc/${id}/environ`));
    expect(await environ('api')).not.toMatch(/hosts-token|ENCRYPTION_KEY=./);
    for (const role of ['api', 'controller']) {
      expect(await environ(role)).toMatch(new RegExp(`^ORQUESTA_ROLE=${role}$`, 'm'));
    }
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

  it('leaves the API its port, in whichever order they start', async () => {
    await tell('systemctl stop orquesta@api && systemctl restart orquesta@controller');
    const answers = (port: number) =>
      eventually(
        `port ${port} answers`,
        async () => (await fetch(`${api.url.replace('3000', String(port))}/healthz`)).ok,
      );
    await answers(3001);
    await tell('systemctl start orquesta@api');
    await answers(3000);
    expect((await api.request('GET', '/api/instance/list')).status).toBe(200);
  });

  it('speaks HTTPS by a certificate of its own, which it keeps where it may write', async () => {
    await tell(
      'echo TLS_SELF_SIGNED_DIR=/var/lib/orquesta-api/tls >>/etc/orquesta/api.env && systemctl restart orquesta@api',
    );
    const ask = 'fetch("https://127.0.0.1:3000/healthz").then(({ status }) => console.log(status))';
    await eventually('it answers', async () => {
      return (
        (await tell(`NODE_TLS_REJECT_UNAUTHORIZED=0 node --no-warnings -e '${ask}'`)) === '200'
      );
    });
  });

  it('stops in time, and by its own will', async () => {
    await tell('systemctl stop orquesta@api orquesta@controller');
    for (const role of ['api', 'controller']) {
      expect(await tell(`systemctl show -P Result orquesta@${role}`)).toBe('success');
    }
  });
});
