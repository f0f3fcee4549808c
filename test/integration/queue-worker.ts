import { systemClock } from '../../src/clock.ts';
import { BullmqQueue } from '../../src/queue/bullmq-queue.ts';
import { connect } from '../../src/store/redis.ts';

// A controller process for queue-redis.test.ts: takes keys and never ends a pass by itself. Arguments: Redis URL, prefix, lock in ms.

const [url = '', prefix = '', lockMs = ''] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
const silent = { debug: () => {}, warn: () => {}, error: () => {} };

const queue = new BullmqQueue({
  redis: connect({ url }, 'patient'),
  prefix,
  clock: systemClock,
  random: () => 0,
  log: silent,
  lockMs: Number(lockMs),
  resyncMs: 3_600_000,
});
await queue.start(
  async (key, signal) => {
    say(`began ${key}`);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    say(`aborted ${key}`);
    return 0;
  },
  async () => [],
);
say('ready');
