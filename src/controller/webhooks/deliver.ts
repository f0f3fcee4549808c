import type { Clock, Random } from '../../clock.ts';
import { backoffMs } from '../../queue/backoff.ts';
import type { ErrandAnswer } from '../../store/errands.ts';
import type { Delivery, DeliveryKey, DeliveryRecord, Webhooks } from '../../store/webhooks.ts';
import type { Endpoint, Outcome, WebhookSender } from '../../webhook/sender.ts';

const BACKOFF = { baseMs: 5_000, maxMs: 3_600_000 };
/** What was not taken for so long is given up, and what waits behind it goes on. */
export const GIVE_UP_MS = 24 * 60 * 60 * 1000;
/** An endpoint that this process does not know may be known to others, as while a setting is being changed. */
const UNKNOWN_LOOK_MS = 60_000;

export interface DeliverDeps {
  readonly webhooks: Webhooks;
  readonly sender: WebhookSender;
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly random: Random;
}

/** One pass over one key: sends what waits, in order, and stops at what is not taken. Answers in how many ms to look again, 0: nothing waits. */
export async function deliver(
  key: DeliveryKey,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<number> {
  const { webhooks, sender, endpoints, clock, random } = deps;
  const endpoint = endpoints.find(({ id }) => key.startsWith(`${id}/`));
  while (!signal.aborted) {
    const delivery = await webhooks.next(key);
    if (!delivery) return 0;
    const isTooOld = clock.now() - delivery.createdAt >= GIVE_UP_MS;
    if (!endpoint) {
      if (!isTooOld) return UNKNOWN_LOOK_MS;
      const problem = 'WEBHOOK_URL names it no more.';
      const outcome = { isTaken: false, status: null, problem };
      await webhooks.settle(key, delivery.id, recordOf(delivery, '', outcome, 'given-up', clock));
      continue;
    }
    const waitMs = delivery.notBefore - clock.now();
    if (waitMs > 0) return waitMs;
    const attempts = delivery.attempts + 1;
    const tried = { ...delivery, attempts };
    const { id, type, body } = delivery;
    const outcome = await sender.send(endpoint, { id, type, attempt: attempts, body }, signal);
    const tell = (result: DeliveryRecord['result']) =>
      recordOf(tried, endpoint.origin, outcome, result, clock);
    if (outcome.isTaken) {
      await webhooks.settle(key, id, tell('delivered'));
    } else if (isTooOld) {
      await webhooks.settle(key, id, tell('given-up'));
    } else {
      const notBefore = clock.now() + backoffMs(BACKOFF, attempts, random);
      await webhooks.postpone(key, { ...tried, notBefore }, tell('retrying'));
    }
  }
  return 0;
}

/** Calls every endpoint at once with an event of its own type; nothing is tried again. */
export async function testWebhooks(
  deps: Pick<DeliverDeps, 'sender' | 'endpoints' | 'clock'>,
  signal: AbortSignal,
): Promise<ErrandAnswer> {
  const { sender, endpoints, clock } = deps;
  if (endpoints.length === 0) return { ok: false, problem: 'WEBHOOK_URL is not set.' };
  const createdAt = new Date(clock.now()).toISOString();
  const id = `${clock.now()}-webhook.test`;
  const type = 'webhook.test';
  const body = JSON.stringify({ id, type, createdAt, data: {} });
  const results = await Promise.all(
    endpoints.map(async (endpoint) => {
      const outcome = await sender.send(endpoint, { id, type, attempt: 1, body }, signal);
      const { isTaken, status, problem } = outcome;
      return { url: endpoint.origin, isTaken, status, problem };
    }),
  );
  return { ok: true, text: JSON.stringify(results) };
}

const recordOf = (
  { id, type, name, attempts }: Delivery,
  url: string,
  { status, problem }: Outcome,
  result: DeliveryRecord['result'],
  clock: Clock,
): DeliveryRecord => ({
  id,
  type,
  instance: name,
  url,
  result,
  status,
  problem,
  attempt: attempts,
  at: new Date(clock.now()).toISOString(),
});
