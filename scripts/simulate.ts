import { parseArgs } from 'node:util';
import { simulate } from '../test/simulation/simulate.ts';

const USAGE = `Simulates instances, faults and crashes on a virtual clock.

  npm run simulate -- --seeds 1000           so many seeds, from 1 on
  npm run simulate -- --seeds 50 --from 700  from another seed on
  npm run simulate -- --seed 7               one seed, with all that happened
`;

/** Answers the exit code: 1 when a seed broke a promise. */
async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, from] = [Number(values.seeds), Number(values.from)];
  if (values.help || !Number.isInteger(count) || !Number.isInteger(from)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  if (values.seed !== undefined) {
    const { trace, problem } = await simulate(Number(values.seed), { everyEffect: true });
    console.log(trace.join('\n'));
    return problem === undefined ? 0 : 1;
  }
  return simulateAll(from, count);
}

async function simulateAll(from: number, count: number): Promise<number> {
  const startedAt = performance.now();
  const failed: number[] = [];
  let [effects, virtualMs] = [0, 0];
  for (let seed = from; seed < from + count; seed++) {
    const result = await simulate(seed);
    effects += result.effects;
    virtualMs += result.virtualMs;
    if (result.problem === undefined) continue;
    failed.push(seed);
    console.log(`seed ${seed} fails:\n${result.trace.map((line) => `  ${line}`).join('\n')}`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const hours = Math.round(virtualMs / 3_600_000);
  console.log(
    `${count} seeds, ${effects} effects, ${hours} h of virtual time in ${seconds.toFixed(1)} s: ${(count / seconds).toFixed(1)} seeds per second`,
  );
  if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}. Replay one: --seed N`);
  return failed.length > 0 ? 1 : 0;
}

process.exitCode = await run();
