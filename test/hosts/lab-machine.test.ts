// Proves that a machine of the lab is one that goes down and comes up by itself, whoever looks into it meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Droplets, startDroplets } from './droplets.ts';
import { type LabMachine, labLacks } from './lab-machines.ts';

const SOON_MS = 20_000;

describe.skipIf(labLacks)('a machine of the lab', () => {
  let droplets: Droplets;
  let machine: LabMachine;

  beforeAll(async () => {
    droplets = await startDroplets();
    machine = (await droplets.create('a', '#cloud-config\n{}\n')).machine;
    await eventually('it is up', async () =>
      /running|degraded/.test((await machine.exec('systemctl is-system-running --wait')).output),
    );
  });
  afterAll(() => droplets?.close());

  // systemd stops whoever is left as it goes down; a stopped keeper of one would hold it up until it is killed.
  it('reboots at once though commands run in it', async () => {
    const started = () => machine.tell('systemctl show -P UserspaceTimestampMonotonic');
    const before = await started();
    const held = machine.exec('sleep 600');
    await eventually('a command runs', async () => (await machine.exec('pgrep sleep')).code === 0);
    await machine.exec('systemctl reboot');
    expect((await held).code).not.toBe(0);
    await eventually('it came back', async () => (await started()) !== before, SOON_MS);
  });
});
