// How fast, how dear and how large, as one table. `npm run bench -- --help`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bulk } from '../bench/bulk.ts';
import { cold } from '../bench/cold.ts';
import { type Findings, meets, table } from '../bench/figure.ts';
import { pair } from '../bench/pair.ts';
import { pool } from '../bench/pool.ts';
import { scale } from '../bench/scale.ts';
import { scroll } from '../bench/scroll.ts';
import { svg } from '../bench/svg.ts';
import { buildServer } from './build-server.mjs';

const USAGE = `Usage: npm run bench -- [section …] [options]

  cold    overhead of a create over what the machine itself takes, and its API calls
  pool    an instance that claims a droplet from a warm pool, against a cold one
  pair    the same creates by one controller and by two
  bulk    more creates at once than a minute's requests; by its name only, for it takes a quarter of an hour
  scale   what a fleet costs that is up: idle, memory, resync, lists, status calls, health
  scroll  the dashboard's list of a large fleet in a browser, where there is one

  --boot LIST      seconds that machines boot, like 2,10,40 (default 2)
  --singles N      creates one at a time (default 8)
  --together N     creates at once (default 100)
  --controllers N   for cold, beside an API; 0: one process is both (default 0)
  --claims N        claims from the pool, and cold creates beside them (default 10)
  --pair N          creates for one controller and for two (default 40)
  --bulk N          creates at once for bulk (default 1000)
  --sizes LIST     instances of the fleet (default 1000; 1000,10000 takes 25 minutes)
  --idle N         seconds that it is watched at rest, at least (default 65)
  --rows N         instances in the list that is scrolled (default 5000)
  --json           the figures as JSON
  --plots FOLDER   write the plots there, as SVG
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    boot: { type: 'string', default: '2' },
    singles: { type: 'string', default: '8' },
    together: { type: 'string', default: '100' },
    controllers: { type: 'string', default: '0' },
    claims: { type: 'string', default: '10' },
    pair: { type: 'string', default: '40' },
    bulk: { type: 'string', default: '1000' },
    sizes: { type: 'string', default: '1000' },
    idle: { type: 'string', default: '65' },
    rows: { type: 'string', default: '5000' },
    json: { type: 'boolean', default: false },
    plots: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string) => process.stderr.write(`${text}\n`);

const sections: Readonly<Record<string, () => Promise<readonly Findings[]>>> = {
  cold: async () => {
    const found: Findings[] = [];
    for (const boot of values.boot.split(',')) {
      const sizes = {
        singles: Number(values.singles),
        together: Number(values.together),
        controllers: Number(values.controllers),
      };
      found.push(await cold({ bootSeconds: Number(boot), ...sizes, say }));
    }
    return found;
  },
  pool: async () => {
    const [bootSeconds] = values.boot.split(',').map(Number);
    return [await pool({ bootSeconds: bootSeconds ?? 2, claims: Number(values.claims), say })];
  },
  bulk: async () => [await bulk({ creates: Number(values.bulk), say })],
  pair: async () => [await pair({ creates: Number(values.pair), say })],
  scale: async () => [
    await scale({
      sizes: values.sizes.split(',').map(Number),
      idleSeconds: Number(values.idle),
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
  for (const name of positionals.length > 0 ? positionals : USUAL) {
    say(`${name} …`);
    findings.push(...((await sections[name]?.()) ?? []));
  }
  const figures = findings.flatMap((found) => found.figures);
  const plots = findings.flatMap((found) => found.plots ?? []);
  if (values.plots !== undefined) {
    mkdirSync(values.plots, { recursive: true });
    for (const plot of plots) writeFileSync(join(values.plots, plot.file), svg(plot));
  }
  const [model] = cpus();
  const machine = `${cpus().length} x ${model?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}, Node.js ${process.version}`;
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, figures }, undefined, 2)}\n`);
  else process.stdout.write(`\n${table(figures)}\n\n${machine}\n`);
  return figures.every(meets) ? 0 : 1;
}

// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
