import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, inject, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { RedisBudget } from '../../src/cloud/budget.ts';
import { DigitalOcean } from '../../src/cloud/digitalocean.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';

const TOKEN = 'dop_v1_shared';

it('leaves creates waiting, and meets no 429, while another program uses up the same token', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orquesta-shared-token-'));
  const limits = { perMinute: 10_000, perHour: 300, countRefused: false };
  const simulator = await startSimulator({ dataDir, light: true, limits, sshPort: 2222 });
  const redis = new Redis(inject('redisUrl'));
  const budget = new RedisBudget({ redis, prefix: randomUUID(), clock: systemClock, token: TOKEN });
  const cloud = new DigitalOcean({ url: simulator.url, token: TOKEN, budget, clock: systemClock });
  const { signal } = new AbortController();
  const others = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await fetch(`${simulator.url}/v2/account`, { headers: { authorization: `Bearer ${TOKEN}` } });
    }
  };
  try {
    // Ours thinks of an hour's window that is full; each answer tells it better.
    let answered = 0;
    let refused: unknown;
    for (let i = 0; i < 60 && refused === undefined; i++) {
      await others(20);
      const left = (await budget.state()).hour.left;
      await cloud.dropletLimit(signal).then(
        () => {
          answered += 1;
        },
        (error: unknown) => {
          refused = error;
        },
      );
      // The answer's news is not waited for by who asked.
      while (refused === undefined && (await budget.state()).hour.left === left) {
        await systemClock.sleep(5);
      }
    }
    expect(answered).toBeGreaterThan(5);
    expect(refused).toMatchObject({ kind: 'rate-limited', retryAt: expect.any(Number) });
    const { calls } = simulator.account.ledger.report();
    expect(Object.values(calls).flatMap((byStatus) => Object.keys(byStatus))).not.toContain('429');
  } finally {
    cloud.close();
    redis.disconnect();
    await simulator.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
