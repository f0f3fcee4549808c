import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered } from './redis.ts';
import { Script } from './script.ts';
import type {
  Delivery,
  DeliveryKey,
  DeliveryRecord,
  SeenInstance,
  Transition,
  Webhooks,
} from './webhooks.ts';

/** An endpoint that takes nothing for a day must not fill Redis. */
const KEPT_DELIVERIES = 200;
const KEPT_RECORDS = 200;

export class RedisWebhooks implements Webhooks {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #keys: StoreKeys;
  readonly #recordScript = new Script('./record-transitions.lua');
  readonly #settleScript = new Script('./settle-delivery.lua');

  constructor(deps: { readonly redis: Redis; readonly prefix: string; readonly clock: Clock }) {
    this.#redis = deps.redis;
    this.#clock = deps.clock;
    this.#keys = storeKeys(deps.prefix);
  }

  async state(): ReturnType<Webhooks['state']> {
    const { webhookCursor, webhookSeen } = this.#keys;
    const replies = await answered('read what webhooks have seen', () =>
      this.#redis.multi().get(webhookCursor).hgetall(webhookSeen).exec(),
    );
    const cursor = replies?.[0]?.[1] as string | null;
    if (cursor === null) return undefined;
    const texts = Object.entries(replies?.[1]?.[1] as Record<string, string>);
    return {
      cursor,
      seen: new Map(texts.map(([name, text]) => [name, JSON.parse(text) as SeenInstance])),
    };
  }

  async begin(cursor: string, seen: ReadonlyMap<string, SeenInstance>): Promise<void> {
    const { webhookCursor, webhookSeen } = this.#keys;
    const fields = [...seen].flatMap(([name, one]) => [name, JSON.stringify(one)]);
    await answered('note what webhooks have seen', async () => {
      const all = this.#redis.multi().set(webhookCursor, cursor).del(webhookSeen);
      await (fields.length > 0 ? all.hset(webhookSeen, ...fields) : all).exec();
    });
  }

  async record(
    revision: string,
    transitions: readonly Transition[],
    since = '',
  ): Promise<readonly DeliveryKey[] | undefined> {
    const { webhookCursor, webhookSeen, webhookWaiting, webhookRecords, webhookList } = this.#keys;
    const told = transitions.map(({ name, seen, deliveries }) => ({
      name,
      seen: seen ? JSON.stringify(seen) : '',
      deliveries: deliveries.map(({ key, delivery, origin }) => ({
        key,
        origin,
        text: JSON.stringify(delivery),
      })),
    }));
    const answer = await answered('queue webhooks', () =>
      this.#recordScript.run(
        this.#redis,
        [webhookCursor, webhookSeen, webhookWaiting, webhookRecords],
        [
          revision,
          webhookList(''),
          KEPT_DELIVERIES,
          JSON.stringify(told),
          since,
          KEPT_RECORDS,
          `More than ${KEPT_DELIVERIES} events of this instance waited for this endpoint: the oldest was dropped.`,
          new Date(this.#clock.now()).toISOString(),
        ],
      ),
    );
    return answer === 0 ? undefined : (answer as DeliveryKey[]);
  }

  async waiting(): Promise<readonly DeliveryKey[]> {
    return answered('list waiting webhooks', () => this.#redis.smembers(this.#keys.webhookWaiting));
  }

  async next(key: DeliveryKey): Promise<Delivery | undefined> {
    const text = await answered('read the next webhook', () =>
      this.#redis.lindex(this.#keys.webhookList(key), 0),
    );
    return text === null ? undefined : (JSON.parse(text) as Delivery);
  }

  postpone(key: DeliveryKey, delivery: Delivery, record: DeliveryRecord): Promise<void> {
    return this.#settle(key, delivery.id, JSON.stringify(delivery), record);
  }

  settle(key: DeliveryKey, id: string, record: DeliveryRecord): Promise<void> {
    return this.#settle(key, id, '', record);
  }

  async #settle(key: DeliveryKey, id: string, text: string, record: DeliveryRecord) {
    const { webhookList, webhookWaiting, webhookRecords } = this.#keys;
    await answered('note a webhook', () =>
      this.#settleScript.run(
        this.#redis,
        [webhookList(key), webhookWaiting, webhookRecords],
        [id, key, text, JSON.stringify(record), KEPT_RECORDS],
      ),
    );
  }

  async records(): Promise<readonly DeliveryRecord[]> {
    const texts = await answered('read the last webhooks', () =>
      this.#redis.lrange(this.#keys.webhookRecords, 0, -1),
    );
    return texts.map((text) => JSON.parse(text) as DeliveryRecord);
  }
}
