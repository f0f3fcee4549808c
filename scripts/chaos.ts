// Real processes under everything that can go wrong, and an account of what came of it. `npm run chaos -- --help`.
import { parseArgs } from 'node:util';
import { type ChaosOptions, chaos, isClean } from '../test/chaos/run.ts';
import { table } from '../test/chaos/table.ts';
import { buildServer } from './build-server.mjs';

const USAGE = `Usage: npm run chaos -- [options]

Customers create, edit, restart and delete bots over several APIs, while controllers, APIs and Redis are killed, frozen and
restarted at random and the simulated cloud answers wrongly. Then the faults end, and what is left is compared with what
was acknowledged. Exit code 1 when anything was lost, doubled, left over or not carried out.

  --seed N         of all chance (default: any; it is printed)
  --instances N    customers (default 200)
  --seconds N      how long everything is disturbed (default 240)
  --settle N       seconds that it may take afterwards (default 900)
  --controllers N  (default 3)      --apis N  (default 2)
  --faults P       percent of the cloud's calls that go wrong (default 10)
  --machines KIND  light: real SSH and HTTP servers that play their commands (default)
                   sandbox: droplets that really run theirs; good for some dozens
  --no-limits      a cloud without limits of requests
  --keep           leave logs and data behind (they are left anyway when something is wrong)
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    instances: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '240' },
    settle: { type: 'string', default: '900' },
    controllers: { type: 'string', default: '3' },
    apis: { type: 'string', default: '2' },
    faults: { type: 'string', default: '10' },
    machines: { type: 'string', default: 'light' },
    'no-limits': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  buildServer();
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  const instances = Number(values.instances);
  const options: ChaosOptions = {
    seed,
    instances,
    controllers: Number(values.controllers),
    apis: Number(values.apis),
    faultShare: Number(values.faults) / 100,
    disturbedMs: Number(values.seconds) * 1000,
    pauseMs: Number(values.seconds) * 200,
    settleMs: Number(values.settle) * 1000,
    monkey: { betweenMs: 3_000, frozenMs: 25_000, redisDownMs: 8_000 },
    machines: values.machines === 'sandbox' ? 'sandbox' : 'light',
    limits: values['no-limits'] ? false : undefined,
    keep: values.keep,
    say: (text) => console.log(text),
  };
  console.log(`Seed ${seed}: ${instances} customers, ${options.machines} machines`);
  const report = await chaos(options);
  const isGood = isClean(report);
  console.log(`\n${table(report, instances)}\n`);
  if (!isGood || values.keep) console.log(`Logs and data are in ${report.dir}`);
  console.log(isGood ? 'All is as it was promised' : `Something is wrong; seed ${seed}`);
  return isGood ? 0 : 1;
}

// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
