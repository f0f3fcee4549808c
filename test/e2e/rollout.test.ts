// Proves that an edit of a class goes through its fleet one by one, stops at the first failure and is undone by the old manifest, over two programs; and that a droplet outlives its instance when asked to.
import { describe, expect } from 'vitest';
import { eventually } from '../eventually.ts';
import { inWorld as it, type Program } from './program.ts';

const NUMBERS = ['573332221111', '573332221112', '573332221113'];
const CLASSES = '/apis/orquesta.clientfy.io/v1/instanceclasses';
const SENTENCE = 'Ya existe una instancia en DigitalOcean para este número';

interface Class {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly bootstrap: { readonly script: string } };
  readonly status?: {
    readonly observedGeneration: number;
    readonly updated: number;
    readonly failed: number;
    readonly waiting: number;
    readonly conditions: readonly { readonly type: string; readonly reason: string }[];
  };
}

async function classOf(program: Program): Promise<Class> {
  const answer = await program.request('GET', `${CLASSES}/default`);
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Class;
}

const applyClass = (program: Program, spec: unknown): Promise<void> =>
  program.apply(
    JSON.stringify({
      apiVersion: 'orquesta.clientfy.io/v1',
      kind: 'InstanceClass',
      metadata: { name: 'default' },
      spec,
    }),
  );

/** Its instances may be a moment ahead of what the class says of them. */
const rolloutIs = (
  program: Program,
  reason: string,
  counts: Partial<NonNullable<Class['status']>>,
): Promise<Class> =>
  eventually(`the rollout is ${reason}, with ${JSON.stringify(counts)}`, async () => {
    const klass = await classOf(program);
    const { status, metadata } = klass;
    const isSeen = status?.observedGeneration === metadata.generation;
    const progressing = status?.conditions.find(({ type }) => type === 'Progressing');
    expect(status).toMatchObject(counts);
    return isSeen && progressing?.reason === reason ? klass : undefined;
  });

const idsOf = (program: Program): Promise<(number | undefined)[]> =>
  Promise.all(
    NUMBERS.map(async (number) => (await program.status(number)).instanceInfo?.dropletId),
  );

const statusesOf = (program: Program): Promise<string[]> =>
  Promise.all(NUMBERS.map(async (number) => (await program.status(number)).status));

describe.concurrent('a class that instances use', () => {
  it('is edited, edited badly, and taken back, and no droplet is lost for it', async ({
    world,
  }) => {
    const program = await world.run();
    await world.run({ ORQUESTA_ROLE: 'all' });
    for (const numberphone of NUMBERS) {
      await program.request('POST', '/api/instance/create', { numberphone });
    }
    for (const number of NUMBERS) await program.reaches(number, 'completed');
    const ids = await idsOf(program);
    const { spec } = await classOf(program);
    const retries = { bootstrap: 0, replaceDroplet: 0 };

    const good = { ...spec, retries, bot: { env: { GREETING: 'hola' } } };
    await applyClass(program, good);
    await rolloutIs(program, 'RolledOut', { updated: 3, failed: 0 });
    expect(await statusesOf(program)).toEqual(['completed', 'completed', 'completed']);

    const { bootstrap } = spec;
    await applyClass(program, { ...good, bootstrap: { ...bootstrap, script: 'exit 3' } });
    await program.reaches(NUMBERS[0] as string, 'failed');
    await rolloutIs(program, 'Stopped', { failed: 1, waiting: 2 });
    expect(await statusesOf(program)).toEqual(['failed', 'completed', 'completed']);

    await applyClass(program, good);
    await program.reaches(NUMBERS[0] as string, 'completed');
    await rolloutIs(program, 'RolledOut', { updated: 3, failed: 0 });
    expect(await statusesOf(program)).toEqual(['completed', 'completed', 'completed']);
    expect(await idsOf(program)).toEqual(ids);
  });
});

describe.concurrent('a droplet whose instance is deleted', () => {
  it('lives on as an orphan, keeps its number taken, and can be adopted', async ({ world }) => {
    const program = await world.run();
    const [numberphone] = NUMBERS as [string, ...string[]];
    const create = () => program.request('POST', '/api/instance/create', { numberphone });
    await create();
    const { instanceInfo } = await program.reaches(numberphone, 'completed');

    const instances = '/apis/orquesta.clientfy.io/v1/instances';
    const deletion = { propagationPolicy: 'Orphan' };
    await program.request('DELETE', `${instances}/bot-${numberphone}`, deletion);
    await program.forgets(numberphone);
    expect([world.live(), world.made()]).toEqual([1, 1]);
    const answer = await create();
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { success: false, error: SENTENCE },
    ]);

    await program.apply(`
apiVersion: orquesta.clientfy.io/v1
kind: Instance
metadata: { annotations: { orquesta.clientfy.io/adopt: "true" } }
spec: { numberphone: "${numberphone}" }
`);
    const adopted = await program.reaches(numberphone, 'completed', 'failed');
    expect(adopted.error).toBeNull();
    expect(adopted.instanceInfo?.dropletId).toBe(instanceInfo?.dropletId);
    expect([world.live(), world.made()]).toEqual([1, 1]);
    await program.remove(numberphone);
    await eventually('the droplet is gone', () => world.live() === 0);
  });
});
