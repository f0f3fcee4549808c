// Proves that manifests/classes/default.yaml, as it is, makes a bot of a plain image; all that it downloads comes from the lab.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Program } from '../e2e/program.ts';
import { eventually } from '../eventually.ts';
import { labLacks } from './lab-machines.ts';
import { createBot, LabWorld, logOf } from './lab-world.ts';
import { type Mirror, startMirror } from './mirror.ts';

const NUMBER = '573332221111';
const STEPS = [
  'wait for cloud-init',
  'swap of 2 GiB',
  'system packages',
  'user',
  'Node.js LTS',
  'bot source',
  'dependencies',
  'settings',
  'service',
];

describe.skipIf(labLacks)('the default class', () => {
  let mirror: Mirror;
  let world: LabWorld;
  let program: Program;

  beforeAll(async () => {
    mirror = await startMirror();
    const major = process.version.slice(1).split('.')[0];
    world = await LabWorld.start(inject('redisUrl'), {
      classFile: 'manifests/classes/default.yaml',
      classParts: { bot: { env: { NODE_MAJOR: major } }, retries: { bootstrap: 0 } },
      files: mirror.files,
      machineFlags: [],
      env: { BOT_REPOSITORY: mirror.repository },
    });
    program = await world.run();
  });
  afterAll(async () => {
    await world?.close();
    await mirror?.close();
  });

  const tell = async (command: string) => (await world.machineOf(program, NUMBER)).tell(command);
  const stepsOf = (log: string) => [...log.matchAll(/^==> (.*)$/gm)].map(([, step]) => step);
  /** Changes the instance's own settings, so that the bootstrap runs again, and waits for its end. */
  const prepareAgain = async (mood: string): Promise<string> => {
    const manifest = `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${NUMBER}", env: {MOOD: ${JSON.stringify(mood)}}}}`;
    const answer = await fetch(`${program.url}/api/apply`, {
      method: 'POST',
      headers: { 'x-api-key': 'e2e-key', 'content-type': 'application/yaml' },
      body: manifest,
    });
    expect(answer.status, await answer.text()).toBe(200);
    return eventually('the bootstrap ran again', async () => {
      const log = await logOf(program, NUMBER);
      return log.includes('[orquesta] bootstrap ended') && log !== lastLog && log;
    });
  };
  let lastLog = '';

  it('makes a bot of a plain image, step by step', async () => {
    await createBot(program, { numberphone: NUMBER });
    const { status, error } = await program.reaches(NUMBER, 'completed', 'failed');
    lastLog = await logOf(program, NUMBER);
    expect([status, error], lastLog).toEqual(['completed', null]);
    expect(stepsOf(lastLog)).toEqual(STEPS);
    expect(await tell('git --version')).toContain('git version');
    expect(await tell('/usr/local/lib/clientfy-bot/node/bin/node --version')).toBe(process.version);
    expect(await tell('cat /opt/clientfy-bot/app/builds')).toBe('built');
    expect(await tell('ps -o user= -C node | sort -u')).toBe('clientfy');
    expect(await tell('stat -c "%a %U" /usr/local/lib/clientfy-bot/bot.env')).toBe('600 root');
    expect(await tell('systemctl is-enabled clientfy-bot')).toBe('enabled');
    const qr = await eventually('the QR is there', async () => {
      const answer = await program.request('GET', `/api/instance/qr/${NUMBER}`);
      return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
    });
    expect(qr.subarray(1, 4).toString()).toBe('PNG');
  });

  it('run again, leaves what is in place, takes the newest source, and hands over any setting unchanged', async () => {
    const downloads = mirror.asked.length;
    expect(mirror.asked.join('\n')).toMatch(/SHASUMS256.txt[\s\S]*\.tar\.xz/);
    mirror.commit('NEWS', 'there is news\n');
    const mood = `it's "fine" \\o/ $HOME \`id\` 100 % #1; ñ
  and a second line`;
    lastLog = await prepareAgain(mood);
    await program.reaches(NUMBER, 'completed');
    expect(stepsOf(lastLog)).toEqual(STEPS);
    expect(mirror.asked.slice(downloads)).toEqual([]);
    expect(await tell('git -c safe.directory=* -C /opt/clientfy-bot/app rev-parse HEAD')).toBe(
      mirror.head(),
    );
    expect(await tell('cat /opt/clientfy-bot/app/builds')).toBe('built\nbuilt');
    const environ = 'cat /proc/$(pgrep -u clientfy -n node)/environ | tr "\\0" "\\1"';
    expect((await tell(environ)).split('\x01')).toContain(`MOOD=${mood}`);
  });

  it('gives a bot that was taken over nothing to change that root runs or writes', async () => {
    const [own, root] = ['/opt/clientfy-bot', '/usr/local/lib/clientfy-bot'];
    expect(await tell(`find ${root} ! -user root -o -perm /022 ! -type l`)).toBe('');
    expect(await tell(`ls ${root}`)).toBe('bot.env\ninstalled\nnode');
    // It puts a program of its own, and links to what it may not write, where root once looked and wrote.
    const script = 'printf "#!/bin/sh\\nid >>/opt/owned; echo v1\\n"';
    await tell(
      `runuser -u clientfy -- sh -c 'mkdir -p ${own}/node/bin && ${script} >${own}/node/bin/node && chmod +x ${own}/node/bin/node && ln -sf /opt/owned ${own}/installed && ln -sf /opt/owned ${own}/bot.env'`,
    );
    mirror.commit('NEWS', 'there is more news\n');
    lastLog = await prepareAgain('taken over');
    await program.reaches(NUMBER, 'completed');
    expect(await tell('ls -d /opt/owned || echo none')).toContain('none');
    expect(await tell(`ls ${own}`)).toBe('app');
  });

  it('run again with nothing new, neither installs nor builds', async () => {
    lastLog = await prepareAgain('the same');
    await program.reaches(NUMBER, 'completed');
    expect(await tell('cat /opt/clientfy-bot/app/builds')).toBe('built\nbuilt\nbuilt');
  });

  it('stops at the first step that fails, names it, and leaves the old bot running', async () => {
    mirror.hideRepository();
    const log = await prepareAgain('worse');
    const failed = await program.reaches(NUMBER, 'failed');
    expect(failed.error).toContain('código 128');
    expect(log).toContain('==> failed in step "bot source" with exit code 128');
    expect(stepsOf(log).at(-2)).toBe('bot source');
    expect(await tell('systemctl is-active clientfy-bot')).toBe('active');
  });
});
