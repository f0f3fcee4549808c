import { describe, expect, it } from 'vitest';
import { aCloudDroplet, aDroplet, NUMBER, T0 } from '../../../../test/builders.ts';
import type { CloudDroplet } from '../../../resources/cloud-droplet.ts';
import type { Droplet } from '../../../resources/droplet.ts';
import { ADOPT_ANNOTATION } from '../../../resources/meta.ts';
import { adopt } from './adopt.ts';
import type { DropletContext } from './member.ts';

/** What comes of an object whose annotation names a machine of the account. */
async function adopted(
  machine: Partial<CloudDroplet> | undefined,
  metadata: Partial<Droplet['metadata']> = {},
) {
  const annotations = { [ADOPT_ANNOTATION]: '4711' };
  let learnt: Partial<NonNullable<Droplet['status']>> = {};
  await adopt({
    object: aDroplet({ metadata: { annotations, ...metadata } }),
    facts: { twins: [], namesakes: [] },
    deps: {
      cloud: {
        getDroplet: async (id: number) => machine && aCloudDroplet({ id, tags: [], ...machine }),
      },
      clock: { now: () => T0 },
    },
    signal: new AbortController().signal,
    save: async (status: typeof learnt) => {
      learnt = status;
    },
    event: async () => {},
  } as unknown as DropletContext);
  return learnt;
}

describe('a machine of the account is taken over', () => {
  it.each<[string, Partial<CloudDroplet>]>([
    ['by the name of the number', { name: `bot-${NUMBER}` }],
    ['by that name in any case', { name: `BOT-${NUMBER}` }],
    ['by the number as a tag', { name: 'old', tags: ['web', NUMBER] }],
  ])('%s', async (_, machine) => {
    expect(await adopted(machine)).toMatchObject({ id: 4711, adopted: true });
  });

  it.each<[string, Partial<CloudDroplet>, Partial<Droplet['metadata']>?]>([
    ['of another name', { name: 'database' }],
    ['of another number', { name: 'bot-573332229999', tags: ['573332229999'] }],
    [
      'of the name of an object that is of no number',
      { name: 'database' },
      { name: 'database', ownerReferences: [] },
    ],
  ])('and none %s, whoever wrote the annotation', async (_, machine, metadata) => {
    expect(await adopted(machine, metadata)).toMatchObject({ failure: { reason: 'NotAdoptable' } });
  });

  it('and none that is not there', async () => {
    expect(await adopted(undefined)).toMatchObject({ failure: { reason: 'AdoptedDropletGone' } });
  });
});
