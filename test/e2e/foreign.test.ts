// Proves that droplets which Orquesta did not make are respected, and taken over when asked for.
import { afterEach, describe, expect, inject, it } from 'vitest';
import { userData } from '../../src/cloud/user-data.ts';
import { newHostKey } from '../../src/ssh/host-key.ts';
import { passwordHash } from '../../src/ssh/password-hash.ts';
import { API_KEY, eventually, type Program, SSH_PASSWORD, World } from './program.ts';

const NUMBER = '573332221111';
const SENTENCE = 'Ya existe una instancia en DigitalOcean para este número';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

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
}

async function apply(program: Program, text: string): Promise<void> {
  const answer = await fetch(`${program.url}/api/apply`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/yaml' },
    body: text,
  });
  expect(answer.status).toBe(200);
}

describe('a droplet that Orquesta did not make', () => {
  it.each([
    ['its name', `bot-${NUMBER}`, []],
    ['its tag', 'some-other-name', [NUMBER]],
  ])(
    'blocks a create of its number by %s, at once or with the same words soon',
    async (_, name, tags) => {
      world = await World.start(inject('redisUrl'));
      const program = await world.run();
      await foreignDroplet(world, name, tags);
      await eventually('lists show it', async () => {
        const listed = await fetch(`${world?.simulator.url}/v2/droplets`, {
          headers: { authorization: 'Bearer e2e' },
        });
        const { droplets } = (await listed.json()) as { droplets: { tags: string[] }[] };
        return droplets.some((one) => tags.every((tag) => one.tags.includes(tag)));
      });
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
    },
  );

  it('is taken over by annotation, and lives on when the instance is deleted', async () => {
    world = await World.start(inject('redisUrl'));
    const program = await world.run();
    await foreignDroplet(world, `bot-${NUMBER}`, []);
    await apply(
      program,
      `{apiVersion: orquesta.clientfy.io/v1, kind: Instance,
        metadata: {annotations: {"orquesta.clientfy.io/adopt": "true"}},
        spec: {numberphone: "${NUMBER}"}}`,
    );
    await program.reaches(NUMBER, 'completed');
    expect(world.made()).toBe(1);
    await program.request('DELETE', `/api/instance/${NUMBER}`);
    await eventually('the record is gone', async () => {
      const gone = await program.request('GET', `/api/instance/status/${NUMBER}`);
      return gone.status === 404;
    });
    expect(world.live()).toBe(1);
  });
});
