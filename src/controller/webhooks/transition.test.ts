import { expect, test } from 'vitest';
import { anInstance, time } from '../../../test/builders.ts';
import type { Instance, InstanceStatus } from '../../resources/instance.ts';
import type { SeenInstance } from '../../store/webhooks.ts';
import { transitionOf } from './transition.ts';

const linked = (status: 'True' | 'False' | 'Unknown'): InstanceStatus['conditions'] => [
  { type: 'WhatsAppLinked', status, reason: 'X', message: '', lastTransitionTime: time(0) },
];
const at = (revision: string, status: Partial<InstanceStatus>): Instance =>
  anInstance({ metadata: { resourceVersion: revision }, status });

/** The types of the events that a row of changes brings, in order. */
function told(...changes: readonly Instance[]): readonly string[] {
  let seen: SeenInstance | undefined;
  return changes.flatMap((instance) => {
    const next = transitionOf(seen, instance, false);
    seen = next.seen;
    return next.events.map(({ id }) => id);
  });
}

test('each phase once, a failure, the link and its loss; what the bot does not tell is no loss', () => {
  expect(
    told(
      anInstance({ metadata: { resourceVersion: '1' } }),
      at('2', { phase: 'creating_droplet' }),
      at('3', { phase: 'completed' }),
      at('4', { phase: 'completed', conditions: linked('False') }),
      at('5', { phase: 'completed', conditions: linked('True') }),
      at('6', { phase: 'completed', conditions: linked('Unknown') }),
      at('7', { phase: 'completed', conditions: linked('True') }),
      at('8', { phase: 'completed', conditions: linked('False') }),
      at('9', {
        phase: 'failed',
        failure: { reason: 'X', message: 'm', phase: 'initializing', generation: 1, at: time(1) },
      }),
    ),
  ).toEqual([
    '1-instance.phase',
    '3-instance.phase',
    '5-instance.linked',
    '8-instance.unlinked',
    '9-instance.phase',
    '9-instance.failed',
  ]);
});

test('the end is told, and another instance of the number begins anew', () => {
  const { seen } = transitionOf(undefined, at('1', { phase: 'completed' }), false);
  const gone = transitionOf(seen, at('2', { phase: 'completed' }), true);
  expect([gone.seen, gone.events.map(({ type }) => type)]).toEqual([
    undefined,
    ['instance.deleted'],
  ]);
  const other = anInstance({ metadata: { uid: 'other' }, status: { phase: 'completed' } });
  expect(transitionOf(seen, other, false).events).toMatchObject([
    { type: 'instance.phase', data: { previousPhase: null } },
  ]);
});

test('no variable of a bot is in an event', () => {
  const instance = anInstance({ spec: { env: { TOKEN: 'secret-value' } } });
  expect(JSON.stringify(transitionOf(undefined, instance, true))).not.toContain('secret-value');
});
