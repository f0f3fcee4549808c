import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import {
  createDroplet,
  exec,
  type Lab,
  login,
  startLab,
  type TestDroplet,
  until,
} from './simulator-droplet.ts';

const manifest = parse(readFileSync('examples/classes/default.yaml', 'utf8'));
const root = '${ORQUESTA_ROOT:-}';
const settings = 'P_NUMBER="573332221111"\nPROVIDER="baileys"\nENABLE_APPOINTMENTS="true"\n';

describe('the example class', () => {
  let lab: Lab;
  let droplet: TestDroplet;

  beforeAll(async () => {
    lab = await startLab();
    droplet = await createDroplet(lab);
  });
  afterAll(async () => {
    await lab?.end();
  });

  const bootstrap = async (environment: string) => {
    const client = await login(droplet);
    try {
      await exec(client, `cat > ${root}/root/bootstrap.sh`, manifest.spec.bootstrap.script);
      await exec(client, `umask 077; cat > ${root}/root/given.env`, settings);
      return await exec(client, `${environment} sh ${root}/root/bootstrap.sh`);
    } finally {
      client.end();
    }
  };
  const given = `P_NUMBER=573332221111 ORQUESTA_BOT_ENV_FILE=${root}/root/given.env`;
  const status = async () => {
    const seen = await fetch(`http://${droplet.at(5432)}/api/status`).catch(() => undefined);
    return seen?.ok ? ((await seen.json()) as Record<string, string>) : undefined;
  };
  const untilStatus = (wanted: string) =>
    until(`a bot that is ${wanted}`, async () => {
      const seen = await status();
      return seen?.['status'] === wanted ? seen : undefined;
    });

  it('is a valid InstanceClass', () => {
    expect(manifest).toMatchObject({
      apiVersion: 'orquesta.clientfy.io/v1',
      kind: 'InstanceClass',
      metadata: { name: 'default' },
    });
    expect(instanceClassSpec.safeParse(manifest.spec).error).toBeUndefined();
  });

  it('stops at the first error and names the step', async () => {
    const ran = await bootstrap(`P_NUMBER=573332221111 ORQUESTA_BOT_ENV_FILE=/nowhere`);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('Bootstrap failed in step: Check the settings (exit code 1)');
  });

  it('brings up a bot that shows a QR code as PNG and tells its state', async () => {
    const ran = await bootstrap(given);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('==> Done');
    const shown = await untilStatus('show_qr');
    expect(shown).toMatchObject({ phoneBot: '573332221111', qr: expect.stringMatching(/^2@/) });

    const response = await fetch(`http://${droplet.at(3008)}/`);
    expect(response.headers.get('content-type')).toBe('image/png');
    const png = Buffer.from(await response.arrayBuffer());
    const { width, height, rows } = readPng(png);
    expect(width).toBe(height);
    expect(rows).toHaveLength(height);
    // The white border, and in the corner of the code the black frame of its finder.
    expect(rows[0]?.[0]).toBe('white');
    expect(rows[4 * 6 + 1]?.[4 * 6 + 1]).toBe('black');
  });

  it('keeps the settings to root, and runs twice without harm', async () => {
    expect((await bootstrap(given)).code).toBe(0);
    await untilStatus('show_qr');
    const client = await login(droplet);
    const { stdout } = await exec(
      client,
      `stat -c %a ${root}/opt/clientfy-bot/bot.env; systemctl is-active clientfy-bot`,
    );
    client.end();
    expect(stdout).toBe('600\nactive\n');
  });

  it('makes a bot that links by a scan, stays linked over a crash, and then shows no QR code', async () => {
    const scan = () => fetch(`http://${droplet.at(5432)}/simulate/scan`, { method: 'POST' });
    expect((await scan()).status).toBe(200);
    expect(await untilStatus('connected')).toEqual({
      status: 'connected',
      phoneBot: '573332221111',
    });
    expect((await scan()).status).toBe(409);
    expect((await fetch(`http://${droplet.at(3008)}/`)).status).toBe(404);

    const control = (action: string, body: object) =>
      lab.call('POST', `/simulator/droplets/${droplet.id}/${action}`, body);
    const restarts = async () => {
      const command = 'systemctl show -p NRestarts --value clientfy-bot';
      return Number((await control('exec', { command })).body.output);
    };
    const before = await restarts();
    await control('kill-bot', { signal: 'KILL' });
    await until('a restart by systemd', async () =>
      (await restarts()) > before ? true : undefined,
    );
    await untilStatus('connected');
  });

  it('fails by name when systemctl is broken', async () => {
    await lab.call('POST', `/simulator/droplets/${droplet.id}/break-bootstrap`, { times: 1 });
    const ran = await bootstrap(given);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('Bootstrap failed in step: Register the service');
  });
});

/** A PNG of one bit per pixel without filters, as the bot writes it. */
function readPng(png: Buffer) {
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  expect([png[24], png[25]]).toEqual([1, 0]);
  const start = png.indexOf('IDAT') + 4;
  const pixels = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
  const bytesPerRow = Math.ceil(width / 8) + 1;
  const rows = Array.from({ length: pixels.length / bytesPerRow }, (_, y) =>
    Array.from({ length: width }, (_unused, x) => {
      const byte = pixels[y * bytesPerRow + 1 + (x >> 3)] ?? 0;
      return byte & (0x80 >> (x & 7)) ? 'white' : 'black';
    }),
  );
  return { width, height, rows };
}
