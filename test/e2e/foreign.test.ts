// Proves that droplets which Orquesta did not make are respected, and taken over when asked for.
import { describe, expect } from 'vitest';
import { userData } from '../../src/cloud/user-data.ts';
import { newHostKey } from '../../src/ssh/host-key.ts';
import { passwordHash } from '../../src/ssh/password-hash.ts';
import { eventually } from '../eventually.ts';
import { inWorld as it, SSH_PASSWORD, type World } from './program.ts';

const NUMBER = '573332221111';
const SENTENCE = 'Ya existe una instancia en DigitalOcean para este número';

/** Someone else's droplet, as another tool would make it. */
async function foreignDroplet(at: World, name: string, tags: readonly string[]): Promise<void> {
  const key = newHostKey();
  const answer = await fetch(`${at.simulator.url}/v2/droplets`, {
    method: 'POST',
    headers: { authorization: 'Bearer e2e', 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      tags,
      region: 'sfo3',
      size: 's-1vcpu-512mb-10gb',
      image: 'ubuntu-24-04-x64',
      user_data: userData({
        hostKeyPrivate: key.privateKey,
        hostKeyPublic: key.publicKey,
        passwordHash: passwordHash(SSH_PASSWORD),
        authorizedKeys: [],
      }),
    }),
  });
  expect(answer.status).toBe(202);
  await eventually('lists show it', async () => {
    const listed = await fetch(`${at.simulator.url}/v2/droplets`, {
      headers: { authorization: 'Bearer e2e' },
    });
    const { droplets } = (await listed.json()) as { droplets: { tags: string[] }[] };
    return droplets.some((one) => tags.every((tag) => one.tags.includes(tag)));
  });
}

describe.concurrent('a droplet that Orquesta did not make', () => {
  for (const [what, name, tags] of [
    ['its name', `bot-${NUMBER}`, []],
    ['its tag', 'some-other-name', [NUMBER]],
  ] as const) {
    it(`blocks a create of its number by ${what}, at once or with the same words soon`, async ({
      world,
    }) => {
      const program = await world.run();
      await foreignDroplet(world, name, tags);
      const answer = await program.request('POST', '/api/instance/create', { numberphone: NUMBER });
      if (answer.status === 202) {
        const failed = await program.reaches(NUMBER, 'failed');
        expect(failed.error).toContain(SENTENCE);
      } else {
        expect([answer.status, await answer.json()]).toEqual([
          400,
          { success: false, error: SENTENCE },
        ]);
      }
      expect(world.made()).toBe(1);
    });
  }

  it('is taken over by annotation, and lives on when the instance is deleted', async ({
    world,
  }) => {
    const program = await world.run();
    await foreignDroplet(world, `bot-${NUMBER}`, []);
    await program.apply(
      `{apiVersion: orquesta.clientfy.io/v1, kind: Instance,
        metadata: {annotations: {"orquesta.clientfy.io/adopt": "true"}},
        spec: {numberphone: "${NUMBER}"}}`,
    );
    await program.reaches(NUMBER, 'completed');
    expect(world.made()).toBe(1);
    await program.remove(NUMBER);
    expect(world.live()).toBe(1);
  });
});
