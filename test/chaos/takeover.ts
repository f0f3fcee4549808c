import type { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';

const LOOK_MS = 100;
const LIMIT_MS = 60_000;

interface Held {
  /** When the present holder took it. */
  readonly processedOn: string | null;
  /** What was left of the holder's lock when last looked, in ms. */
  lockLeftMs: number;
}

/**
 * How long after a process was killed another one had taken all the keys that it held, in ms; undefined when it held none.
 * To be called at once after the kill. Looks into the queue from outside: a job whose lock is never renewed again
 * was the dead process's, and it is taken over when someone else has taken the job. Infinity: not within a minute.
 */
export async function takeoverMs(redis: Redis, prefix: string): Promise<number | undefined> {
  const killedAt = Date.now();
  const queue = `${prefix}:queue:work`;
  const look = async (id: string) => {
    const [processedOn = null, lockLeftMs] = await Promise.all([
      redis.hget(`${queue}:${id}`, 'processedOn'),
      redis.pttl(`${queue}:${id}:lock`),
    ]);
    return { processedOn, lockLeftMs };
  };
  const open = new Map<string, Held>();
  for (const id of await redis.lrange(`${queue}:active`, 0, -1)) {
    const held = await look(id);
    // It may have ended since the list was read.
    if (held.processedOn !== null) open.set(id, held);
  }

  let worst: number | undefined;
  while (open.size > 0) {
    await systemClock.sleep(LOOK_MS);
    const passedMs = Date.now() - killedAt;
    for (const [id, held] of open) {
      const now = await look(id);
      const isTaken = now.processedOn !== held.processedOn;
      // Renewed, or ended while its lock still stood: its holder lives.
      const lives = now.lockLeftMs > held.lockLeftMs || (isTaken && held.lockLeftMs > 2 * LOOK_MS);
      if (lives && !(isTaken && held.lockLeftMs < 0)) open.delete(id);
      else if (isTaken) {
        worst = Math.max(worst ?? 0, passedMs);
        open.delete(id);
      }
      held.lockLeftMs = now.lockLeftMs;
    }
    if (passedMs > LIMIT_MS && open.size > 0) return Number.POSITIVE_INFINITY;
  }
  return worst;
}
