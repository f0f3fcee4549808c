import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bubblewrapWorks } from '../../src/simulator/sandbox.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import {
  clientKey,
  createDroplet,
  exec,
  hostKey,
  type Lab,
  login,
  PASSWORD,
  startLab,
  type TestDroplet,
  until,
} from './simulator-droplet.ts';

/** Commands whose environment or arguments name the droplet's folder. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const seen = ['cmdline', 'environ'].map((file) =>
          readFileSync(`/proc/${pid}/${file}`, 'utf8'),
        );
        return seen.some((text) => text.includes(folder));
      } catch {
        return false;
      }
    });
}

const SERVICE = `[Service]
ExecStart=/bin/sh -c 'echo started with "$GREETING"; exec sleep 1000'
Environment="GREETING=from unit" OTHER=1
EnvironmentFile=-ROOT/opt/service.env
Restart=always
RestartSec=0
[Install]
WantedBy=multi-user.target
`;

const kinds = [
  { sandbox: 'bubblewrap', addressing: 'loopback' },
  { sandbox: 'plain', addressing: 'ports' },
] as const;

describe.each(kinds)('a droplet in $sandbox by $addressing', (kind) => {
  const works = kind.sandbox === 'plain' || bubblewrapWorks();

  describe.skipIf(!works || process.platform !== 'linux')('', () => {
    let lab: Lab;
    let droplet: TestDroplet;
    let client: Client;
    const complaints: string[] = [];
    const run = (command: string, stdin?: string) => exec(client, command, stdin);
    const root = '${ORQUESTA_ROOT:-}';

    beforeAll(async () => {
      lab = await startLab({ ...kind, log: (text) => complaints.push(text) });
      const files = `write_files: [{path: /etc/made.txt, content: made, permissions: '0640'}]\nruncmd: ['echo ran > ${root}/root/ran.txt']\n`;
      droplet = await createDroplet(lab, files);
      client = await login(droplet);
    });
    afterAll(async () => {
      client?.end();
      await lab?.end();
    });

    it('serves its files over SFTP, and no others', async () => {
      const sftp = await promisify(client.sftp.bind(client) as Client['sftp'])();
      const names = async (path: string) =>
        (await promisify(sftp.readdir.bind(sftp))(path)).map(({ filename }) => filename);
      const fails = (work: Promise<unknown>) => expect(work).rejects.toThrow();
      const read = (path: string) =>
        new Promise<string>((done, fail) => {
          sftp.readFile(path, 'utf8', (error, text) => (error ? fail(error) : done(String(text))));
        });
      expect(await promisify(sftp.realpath.bind(sftp))('x/../y')).toBe('/root/y');
      await new Promise<void>((done, fail) => {
        sftp.mkdir('/srv/new', (error) => (error ? fail(error) : done()));
      });
      await promisify(sftp.writeFile.bind(sftp))('/srv/new/a', 'x'.repeat(100_000));
      await promisify(sftp.rename.bind(sftp))('/srv/new/a', '/srv/new/b');
      expect(await names('/srv/new')).toEqual(['b']);
      expect((await run(`wc -c < ${root}/srv/new/b`)).stdout.trim()).toBe('100000');
      expect(await read('/srv/new/b')).toHaveLength(100_000);
      // What lies beside the droplet's folder, by dots and by a link.
      await fails(read('/../../../simulator.json'));
      await fails(read(join(lab.dataDir, 'simulator.json')));
      await run(
        `ln -s ${lab.dataDir} ${root}/srv/out; ln -s ${lab.dataDir}/simulator.json ${root}/srv/file`,
      );
      await fails(names('/srv/out/droplets'));
      await fails(read('/srv/out/simulator.json'));
      await fails(read('/srv/file'));
      await fails(promisify(sftp.writeFile.bind(sftp))('/srv/out/new', 'x'));
      await promisify(sftp.unlink.bind(sftp))('/srv/new/b');
      await promisify(sftp.rmdir.bind(sftp))('/srv/new');
      await fails(names('/srv/new'));
      sftp.end();
    });

    it('takes the password of user_data and no other', async () => {
      expect(lab.sandbox).toBe(kind.sandbox);
      await expect(droplet.connect({ password: 'wrong' })).rejects.toThrow('authentication');
      (await login(droplet, { password: PASSWORD })).end();
    });

    it('takes the key of user_data and no other', async () => {
      (await login(droplet, { privateKey: clientKey.privateKey })).end();
      const other = { privateKey: hostKey.privateKey };
      await expect(droplet.connect(other)).rejects.toThrow('authentication');
    });

    it('presents the host key of user_data', async () => {
      let seen = '';
      const hostVerifier = (key: Buffer) => {
        seen = `ssh-ed25519 ${key.toString('base64')}`;
        return true;
      };
      (await login(droplet, { password: PASSWORD, hostVerifier })).end();
      expect(seen).toBe(hostKey.publicKey);
    });

    it('does what cloud-init does, and says when it is done', async () => {
      expect((await run('cloud-init status --wait')).stdout).toBe('status: done\n');
      expect((await run(`cat ${root}/etc/made.txt ${root}/root/ran.txt`)).stdout).toBe('maderan\n');
      expect((await run(`stat -c %a ${root}/etc/made.txt`)).stdout).toBe('640\n');
    });

    it('runs commands with standard input, both outputs and the exit code', async () => {
      const ran = await run('cat; echo "$HOST" >&2; exit 3', 'some input\nñ');
      const host = kind.addressing === 'ports' ? '127.0.0.1' : droplet.address;
      expect(ran).toEqual({ code: 3, stdout: 'some input\nñ', stderr: `${host}\n` });
      expect((await run('kill -TERM $$')).code).toBe('SIGTERM');
    });

    it('carries a megabyte in and out unharmed', async () => {
      const text = 'x'.repeat(1_048_576);
      expect((await run('cat', text)).stdout).toBe(text);
    });

    it('lets detached processes live on after the session', async () => {
      const session = await login(droplet);
      const detach = `setsid sh -c 'echo $$ > ${root}/tmp/detached; exec sleep 1000' </dev/null >/dev/null 2>&1 &`;
      expect((await exec(session, detach)).code).toBe(0);
      const closed = new Promise<void>((resolve) => session.once('close', () => resolve()));
      session.end();
      await closed;
      const pid = await until('the pid of the detached process', async () => {
        const { stdout } = await run(`cat ${root}/tmp/detached`);
        return stdout.trim() || undefined;
      });
      expect((await run(`kill -0 ${pid}`)).code).toBe(0);
    });

    it('cannot write what belongs to the host', async () => {
      const before = await stat('/etc/passwd');
      await run(
        'echo bad >> /etc/passwd; touch /usr/bad-by-simulator /etc/bad-by-simulator; echo 1 > /proc/sys/vm/laptop_mode',
      );
      expect((await stat('/etc/passwd')).mtimeMs).toBe(before.mtimeMs);
      expect(existsSync('/usr/bad-by-simulator') || existsSync('/etc/bad-by-simulator')).toBe(
        false,
      );
      const setting = await run('echo 1 > /proc/sys/vm/laptop_mode');
      expect(setting.code).not.toBe(0);
      if (kind.sandbox === 'bubblewrap') {
        expect((await run('tail -n 1 /etc/passwd')).stdout).toBe('bad\n');
        expect((await run(`ls ${process.cwd()} /proc/${process.pid}`)).code).not.toBe(0);
      }
    });

    it('runs services: started, restarted after a kill, and stopped', async () => {
      const unit = SERVICE.replace('ROOT', kind.sandbox === 'plain' ? droplet.folder : '');
      await run(`cat > ${root}/etc/systemd/system/demo.service`, unit);
      await run(`cat > ${root}/opt/service.env`, 'GREETING="a \\"file\\""\n');
      expect(await run('systemctl daemon-reload && systemctl enable --now demo')).toMatchObject({
        code: 0,
      });
      expect((await run('systemctl is-active demo; systemctl is-enabled demo')).stdout).toBe(
        'active\nenabled\n',
      );
      const mainPid = async () =>
        Number((await run('systemctl show -p MainPID --value demo.service')).stdout);
      const first = await mainPid();
      await run(`kill -9 ${first}`);
      await until('another process of the service', async () => {
        const now = await mainPid();
        return now !== 0 && now !== first ? now : undefined;
      });
      expect((await run('systemctl show -p NRestarts demo')).stdout).toBe('NRestarts=1\n');
      const log = await until('two starts in the log', async () => {
        const { stdout } = await run('journalctl -u demo -n 50 --no-pager -o cat');
        const starts = stdout.split('\n').filter((line) => line.startsWith('started with'));
        return starts.length === 2 ? starts : undefined;
      });
      expect(log).toEqual(['started with a "file"', 'started with a "file"']);
      expect((await run('systemctl stop demo; systemctl is-active demo')).stdout).toBe(
        'inactive\n',
      );
      await run('systemctl start demo');
      expect(await run('systemctl start nope')).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('not found'),
      });
    });

    it("runs what a service wants before it, with nothing of the service's environment", async () => {
      const folder = kind.sandbox === 'plain' ? droplet.folder : '';
      const write = (name: string, lines: readonly string[]) =>
        run(`cat > ${root}/etc/systemd/system/${name}`, `${lines.join('\n')}\n`);
      await write('before.service', [
        '[Service]',
        'Type=oneshot',
        `ExecStart=/bin/sh -c 'echo "$\${SECRET:-none}" >> ${folder}/opt/before; exit 1'`,
      ]);
      await run(`mkdir -p ${root}/etc/systemd/system/after.service.d`);
      await write('after.service.d/first.conf', [
        '[Unit]',
        'Wants=before.service network-online.target',
        'After=network-online.target before.service',
      ]);
      await write('after.service', [
        '[Unit]',
        'Wants=no-such.service',
        'After=no-such.service',
        '[Service]',
        'Environment=SECRET=its-own',
        `ExecStart=/bin/sh -c 'cat ${folder}/opt/before > ${folder}/opt/after; exec sleep 1000'`,
      ]);
      await run('systemctl daemon-reload && systemctl start after');
      const seen = await until('the service is up', async () => {
        const { stdout } = await run(`cat ${root}/opt/after`);
        return stdout || undefined;
      });
      expect(seen).toBe('none\n');
      await run('systemctl stop after');
    });

    it('follows its sshd: a new host key counts after a restart, and open sessions live on', async () => {
      const made = await run(
        `rm -f ${root}/etc/ssh/ssh_host_ed25519_key && ssh-keygen -q -t ed25519 -N '' -f ${root}/etc/ssh/ssh_host_ed25519_key && cat ${root}/etc/ssh/ssh_host_ed25519_key.pub && systemctl restart ssh`,
      );
      expect(made.stderr).toBe('');
      const wanted = made.stdout.split(' ').slice(0, 2).join(' ');
      await until('the new host key', async () => {
        let seen = '';
        const hostVerifier = (key: Buffer) => {
          seen = `ssh-ed25519 ${key.toString('base64')}`;
          return true;
        };
        (await login(droplet, { password: PASSWORD, hostVerifier })).end();
        return seen === wanted ? seen : undefined;
      });
      expect((await run('echo still here')).stdout).toBe('still here\n');
    });

    it('loses its power and boots again: processes gone, files and enabled services there', async () => {
      await run(`echo kept > ${root}/root/kept; echo lost > ${root}/tmp/lost`);
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
      client.on('error', () => {});
      expect(
        (await lab.call('POST', `/v2/droplets/${droplet.id}/actions`, { type: 'power_off' }))
          .status,
      ).toBe(201);
      await closed;
      await until('no process', async () =>
        processesOf(droplet.folder).length === 0 ? true : undefined,
      );
      await expect(droplet.connect()).rejects.toThrow('ECONNREFUSED');
      expect((await lab.call('GET', `/v2/droplets/${droplet.id}`)).body.droplet.status).toBe('off');

      await lab.call('POST', `/v2/droplets/${droplet.id}/actions`, { type: 'power_on' });
      client = await login(droplet);
      expect(
        (await run(`cat ${root}/root/kept; ls ${root}/tmp; cloud-init status --wait`)).stdout,
      ).toBe('kept\nstatus: done\n');
      expect((await run('systemctl is-active demo')).stdout).toBe('active\n');
    });

    it('reboots when it is told to from inside', async () => {
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
      client.on('error', () => {});
      expect((await run('reboot')).code).toBe(0);
      await closed;
      client = await login(droplet);
      expect((await run(`cat ${root}/root/kept`)).stdout).toBe('kept\n');
      expect((await lab.call('GET', `/v2/droplets/${droplet.id}`)).body.droplet.status).toBe(
        'active',
      );
    });

    it('is off when it switches itself off, and comes back', async () => {
      client.on('error', () => {});
      await run('poweroff');
      await until('the status off', async () => {
        const { body } = await lab.call('GET', `/v2/droplets/${droplet.id}`);
        return body.droplet.status === 'off' ? true : undefined;
      });
      await lab.call('POST', `/v2/droplets/${droplet.id}/actions`, { type: 'power_on' });
      client = await login(droplet);
    });

    it('waits for its port when somebody has it for a moment', async () => {
      client.on('error', () => {});
      await run('poweroff');
      await until('the status off', async () => {
        const { body } = await lab.call('GET', `/v2/droplets/${droplet.id}`);
        return body.droplet.status === 'off' ? true : undefined;
      });
      const [host, port] = droplet.at(2222).split(':');
      const other = createServer();
      await until(
        'the port',
        () =>
          new Promise<true | undefined>((resolve) => {
            other.once('error', () => resolve(undefined));
            other.listen(Number(port), host, () => resolve(true));
          }),
      );
      await lab.call('POST', `/v2/droplets/${droplet.id}/actions`, { type: 'power_on' });
      await until('a complaint', async () =>
        complaints.some((text) => text.includes('EADDRINUSE')) ? true : undefined,
      );
      await new Promise((resolve) => other.close(resolve));
      client = await login(droplet);
    });

    it('can be broken from outside: SSH refused or silent, systemctl failing, services dying', async () => {
      const control = (action: string, body: object) =>
        lab.call('POST', `/simulator/droplets/${droplet.id}/${action}`, body);
      await control('ssh', { mode: 'refuse' });
      await expect(droplet.connect()).rejects.toThrow('ECONNREFUSED');
      await control('ssh', { mode: 'hang' });
      await expect(droplet.connect({ password: PASSWORD, readyTimeout: 300 })).rejects.toThrow(
        'Timed out',
      );
      await control('ssh', { mode: 'open' });
      client = await login(droplet);
      await control('break-bootstrap', { times: 1 });
      expect((await run('systemctl daemon-reload')).code).toBe(1);
      expect((await run('systemctl daemon-reload')).code).toBe(0);
      await control('break-bot', { until: 'restart' });
      await until('a failed service', async () => {
        const { stdout } = await run('systemctl is-active demo');
        return stdout === 'failed\n' ? true : undefined;
      });
      expect((await run('systemctl restart demo; systemctl is-active demo')).stdout).toBe(
        'active\n',
      );
      expect((await control('nonsense', {})).status).toBe(404);
      expect((await control('ssh', { mode: 'sometimes' })).status).toBe(422);
    });

    it('leaves no process and no file when it is destroyed', async () => {
      client.on('error', () => {});
      expect(existsSync(droplet.folder)).toBe(true);
      expect((await lab.call('DELETE', `/v2/droplets/${droplet.id}`)).status).toBe(204);
      await until('an empty place', async () =>
        existsSync(droplet.folder) || processesOf(droplet.folder).length > 0 ? undefined : true,
      );
      expect((await lab.call('GET', `/v2/droplets/${droplet.id}`)).status).toBe(404);
    });
  });
});

describe('the address of a destroyed droplet', () => {
  it('goes to the next one, which has another host key and disk', async () => {
    const lab = await startLab();
    try {
      const first = await createDroplet(lab);
      const session = await login(first);
      await exec(session, 'echo mine > ${ORQUESTA_ROOT:-}/root/mine');
      session.on('error', () => {});
      await lab.call('DELETE', `/v2/droplets/${first.id}`);
      const second = await createDroplet(lab, '', 'bot-2');
      expect(second.address).toBe(first.address);
      const other = await until('a login at the second droplet', () =>
        second.connect().catch(() => undefined),
      );
      const { stdout } = await exec(other, 'ls ${ORQUESTA_ROOT:-}/root');
      other.end();
      expect(stdout).toBe('');
    } finally {
      await lab.end();
    }
  });
});

describe.each(kinds)(
  'a simulator with $sandbox that is killed by -9',
  ({ sandbox, addressing }) => {
    const works = sandbox === 'plain' || bubblewrapWorks();

    it.skipIf(!works || process.platform !== 'linux')('leaves no process behind', async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'orquesta-killed-'));
      await chmod(dataDir, 0o755);
      const script = join(dataDir, 'program.mts');
      const lab = { dataDir, sandbox, addressing, sshPort: 2222 };
      await writeFile(
        script,
        `import { startSimulator } from ${JSON.stringify(resolve('src/simulator/simulator.ts'))};
       console.log((await startSimulator(${JSON.stringify(lab)})).url);`,
      );
      const args = ['--import', import.meta.resolve('tsx'), script];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        const url = await new Promise<string>((resolve, reject) => {
          child.stdout.once('data', (data) => resolve(String(data).trim()));
          child.once('exit', (code) => reject(new Error(`the simulator ended with ${code}`)));
        });
        const post = (path: string, body: object) =>
          fetch(url + path, {
            method: 'POST',
            headers: { authorization: 'Bearer any' },
            body: JSON.stringify(body),
          });
        const created = await post('/v2/droplets', {
          name: 'a',
          size: 's-1vcpu-1gb',
          image: 'ubuntu-24-04-x64',
        });
        const { droplet } = (await created.json()) as { droplet: { id: number } };
        // A process of its own session: nothing but the end of the machine ends it.
        const command = `setsid sleep ${SLEEP} </dev/null >/dev/null 2>&1 & cloud-init status --wait`;
        await until('a command that ran', async () => {
          const ran = await post(`/simulator/droplets/${droplet.id}/exec`, { command });
          return ran.ok && (await ran.text()).includes('done') ? true : undefined;
        });
        const folder = join(dataDir, 'droplets');
        expect(processesOf(folder)).not.toEqual([]);
        child.kill('SIGKILL');
        await until('no process', async () =>
          processesOf(folder).length === 0 ? true : undefined,
        );
        expect(sleepers()).toEqual([]);
      } finally {
        child.kill('SIGKILL');
        await rm(dataDir, { recursive: true, force: true });
      }
    });
  },
);

/** Seconds that nobody else on the machine sleeps, another run of these tests included. */
const SLEEP = String(1_000_000 + process.pid);

/** By their whole command line. */
function sleepers(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === 'sleep\x004711\0';
    } catch {
      return false;
    }
  });
}

describe('a data folder', () => {
  it('is refused while another simulator uses it', async () => {
    const lab = await startLab({ light: true });
    try {
      await expect(startSimulator({ dataDir: lab.dataDir, light: true })).rejects.toThrow(
        'is in use by another simulator',
      );
    } finally {
      await lab.end();
    }
  });
});
