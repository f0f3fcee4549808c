// Proves that the program talks to no machine but the one whose host key it knows, from the first contact on.
import { readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Ssh2Shell } from '../../src/ssh/ssh2-shell.ts';
import { eventually } from '../eventually.ts';
import { inWorld as it, SSH_PASSWORD, type World } from './program.ts';

const NUMBER = '573332221111';

/** What the machine at this address presents to whoever comes. */
async function presentedKey(world: World, host: string): Promise<string> {
  const dial = (name: string, port: number) => ({ host: name, port });
  const shell = new Ssh2Shell({ password: SSH_PASSWORD, dial, clock: systemClock });
  try {
    const target = { host, port: world.sshPort, user: 'root', hostKey: undefined };
    return (await shell.open(target, AbortSignal.timeout(20_000))).hostKey;
  } finally {
    await shell.close();
  }
}

/** Bootstraps that came to an end on any droplet. */
const endedRuns = ({ dir }: World): number =>
  (readdirSync(dir, { recursive: true }) as string[]).filter((path) =>
    /var\/lib\/orquesta\/[^/]+\/exit$/.test(path),
  ).length;

describe.concurrent('a host key', () => {
  it('that user_data gave is replaced by one made on the droplet, which is still good after a kill -9 and a reboot', async ({
    world,
  }) => {
    const first = await world.run();
    await first.request('POST', '/api/instance/create', { numberphone: NUMBER });
    const { instanceInfo } = await first.reaches(NUMBER, 'completed');
    const host = instanceInfo?.ip ?? '';
    const presented = await presentedKey(world, host);
    const [droplet] = world.simulator.account.living();
    expect(presented).toMatch(/^ssh-ed25519 /);
    expect(droplet?.userData).toContain('ssh-ed25519 ');
    expect(droplet?.userData).not.toContain(presented);

    await first.kill();
    await world.suffers(instanceInfo?.dropletId ?? 0, 'exec', { command: 'reboot' });
    const second = await world.run();
    await second.apply(
      `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${NUMBER}", env: {MOOD: new}}}`,
    );
    await eventually('a second bootstrap has ended', () => endedRuns(world) === 2);
    await second.reaches(NUMBER, 'completed');
    expect(world.made()).toBe(1);
  });

  it('that is swapped is told as what it is, and nothing is said to that machine any more', async ({
    world,
  }) => {
    const program = await world.run();
    await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
    const { instanceInfo } = await program.reaches(NUMBER, 'completed');
    const id = instanceInfo?.dropletId ?? 0;
    await world.suffers(id, 'host-key');
    // A changed wish needs a session: the machine that answers now is another.
    await program.apply(
      `{apiVersion: orquesta.clientfy.io/v1, kind: Instance, spec: {numberphone: "${NUMBER}", env: {MOOD: new}}}`,
    );
    const told = await eventually('it says that the key is another', async () => {
      const { error } = await program.status(NUMBER);
      return error !== null && /clave de host/i.test(error) && error;
    });
    expect(told).toMatch(/SHA256:/);
    expect(world.made()).toBe(1);
  });
});
