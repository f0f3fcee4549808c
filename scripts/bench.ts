// How fast, how dear and how large, as one table. `npm run bench -- --help`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bulk } from '../bench/bulk.ts';
import { cold } from '../bench/cold.ts';
import { type Findings, judged, table } from '../bench/figure.ts';
import { outsideChanges } from '../bench/outside-changes.ts';
import { pair } from '../bench/pair.ts';
import { pool } from '../bench/pool.ts';
import { scale } from '../bench/scale.ts';
import { scroll } from '../bench/scroll.ts';
import { svg } from '../bench/svg.ts';
import { buildServer } from './build-server.mjs';

const USAGE = `Usage: npm run bench -- [section …] [options]

  cold     overhead of a create over what the machine itself takes, and its API calls
  pool     an instance that claims a droplet from a warm pool, against a cold one
  pair     the same creates by one controller and by two
  bulk     more creates at once than a minute's requests; by its name only, for it takes a quarter of an hour
  scale    what a fleet costs that is up: idle, memory, resync, lists, status calls, health
  outside  how soon it is noticed what others do in the account, and what that costs
  scroll   the dashboard's list of a large fleet in a browser, where there is one

  --all            every section, one after another, at all sizes: more than an hour
  --boot LIST      seconds that machines boot (default 2,40; with --all 2,10,40)
  --singles N      creates one at a time (default 8), a quarter of them where machines boot for over 20 s
  --together N     creates at once (default 100)
  --controllers N  for cold, beside an API; 0: one process is both (default 0)
  --claims N       claims from the pool, and cold creates beside them (default 10)
  --pair N         creates for one controller and for two (default 40)
  --bulk N         creates at once for bulk (default 1000)
  --sizes LIST     instances of the fleet (default 1000; with --all 1000,10000, which takes 25 minutes)
  --idle N         seconds that it is watched at rest, at least (default 65)
  --outside N      droplets in the account that others change (default 1000)
  --changes N      changes that others make (default 36)
  --rows N         instances in the list that is scrolled (default 5000)
  --json           the figures as JSON
  --plots FOLDER   write the plots there, as SVG

Ends with 1 where a section could not be run. A target that was missed is only told: it is a matter of the machine, too.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    boot: { type: 'string' },
    singles: { type: 'string', default: '8' },
    together: { type: 'string', default: '100' },
    controllers: { type: 'string', default: '0' },
    claims: { type: 'string', default: '10' },
    pair: { type: 'string', default: '40' },
    bulk: { type: 'string', default: '1000' },
    sizes: { type: 'string' },
    idle: { type: 'string', default: '65' },
    outside: { type: 'string', default: '1000' },
    changes: { type: 'string', default: '36' },
    rows: { type: 'string', default: '5000' },
    json: { type: 'boolean', default: false },
    plots: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string) => process.stderr.write(`${text}\n`);

const numbers = (list: string): readonly number[] => list.split(',').map(Number);
const boots = numbers(values.boot ?? (values.all ? '2,10,40' : '2,40'));
const sizes = numbers(values.sizes ?? (values.all ? '1000,10000' : '1000'));
/** Where machines boot for long, a few creates one at a time take as many minutes. */
const LONG_BOOT_SECONDS = 20;

const sections: Readonly<Record<string, () => Promise<readonly Findings[]>>> = {
  cold: async () => {
    const found: Findings[] = [];
    for (const bootSeconds of boots) {
      const singles = Number(values.singles) / (bootSeconds > LONG_BOOT_SECONDS ? 4 : 1);
      const together = Number(values.together);
      const controllers = Number(values.controllers);
      const counts = { singles: Math.ceil(singles), together, controllers };
      found.push(await cold({ bootSeconds, ...counts, say }));
    }
    return found;
  },
  pool: async () => [
    await pool({ bootSeconds: boots[0] ?? 2, claims: Number(values.claims), say }),
  ],
  bulk: async () => [await bulk({ creates: Number(values.bulk), say })],
  pair: async () => [await pair({ creates: Number(values.pair), say })],
  scale: async () => [await scale({ sizes, idleSeconds: Number(values.idle), say })],
  outside: async () => [
    await outsideChanges({
      droplets: Number(values.outside),
      changes: Number(values.changes),
      say,
    }),
  ],
  scroll: async () => [await scroll({ rows: Number(values.rows), say })],
};

const USUAL = Object.keys(sections).filter((name) => name !== 'bulk');

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const unknown = positionals.filter((name) => sections[name] === undefined);
  if (unknown.length > 0) {
    process.stderr.write(`There is no section ${unknown.join(', ')}.\n\n${USAGE}`);
    return 2;
  }
  buildServer();
  const findings: Findings[] = [];
  const broken: string[] = [];
  for (const name of wanted()) {
    say(`${name} …`);
    try {
      findings.push(...((await sections[name]?.()) ?? []));
    } catch (error) {
      // What the others find is not lost for it.
      say(`${name} could not be run: ${error instanceof Error ? error.stack : error}`);
      broken.push(name);
    }
  }
  const figures = findings.flatMap((found) => found.figures);
  const plots = findings.flatMap((found) => found.plots ?? []);
  if (values.plots !== undefined) {
    mkdirSync(values.plots, { recursive: true });
    for (const plot of plots) writeFileSync(join(values.plots, plot.file), svg(plot));
  }
  const [model] = cpus();
  const machine = `${cpus().length} x ${model?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}, Node.js ${process.version}`;
  if (values.json) {
    const report = { machine, broken, figures: judged(figures) };
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  } else {
    process.stdout.write(`\n${table(figures)}\n\n${machine}\n`);
    if (broken.length > 0) process.stdout.write(`Could not be run: ${broken.join(', ')}.\n`);
  }
  return broken.length > 0 ? 1 : 0;
}

function wanted(): readonly string[] {
  if (values.all) return Object.keys(sections);
  return positionals.length > 0 ? positionals : USUAL;
}

// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
