import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Prints every package that goes out with the program, with its version and licence, and writes docs/licences.md. Fails on a licence
// that is unknown or asks something of whoever passes the program on: npm run licences

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCS = join(ROOT, 'docs/licences.md');

/** SPDX names of licences that ask for no more than their own text to be kept. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
];

/** Built into the dashboard's files, which go out too. */
const IN_DASHBOARD = ['preact', '@preact/signals'];

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}
type Lock = Readonly<Record<string, Locked>>;

interface Licensed {
  readonly name: string;
  readonly version: string;
  /** As the package says it: an SPDX expression, or a text of its own. */
  readonly licence: string;
}

/** Is this SPDX expression permissive? Of an OR one side is enough, of an AND all must be. Pure. */
export function isPermissive(expression: string): boolean {
  const bare = expression.trim().replace(/^\((.*)\)$/, '$1');
  const either = bare.split(/\s+OR\s+/);
  if (either.length > 1) return either.some(isPermissive);
  const all = bare.split(/\s+AND\s+/);
  return all.length > 1 ? all.every(isPermissive) : PERMISSIVE.includes(bare);
}

/** Every package of the lock file that goes out, by name. Those for one operating system alone are counted with the package that asks for them. */
export function licensed(): readonly Licensed[] {
  const lock = read('package-lock.json') as { readonly packages: Lock };
  const shown = new Map<string, Licensed>();
  for (const path of [...runtime(lock.packages), ...bundled(lock.packages)]) {
    const { version, os, cpu } = lock.packages[path] as Locked;
    if (os ?? cpu) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    shown.set(`${name}@${version}`, { name, version, licence: licenceOf(path) });
  }
  return [...shown.values()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

const idOf = ({ name, version }: Licensed): string => `${name}@${version}`;

const runtime = (lock: Lock): readonly string[] =>
  Object.entries(lock)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path);

/** What the dashboard is built from, and what that needs. */
function bundled(lock: Lock): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const path = `node_modules/${name}`;
    if (found.has(path)) return;
    found.add(path);
    for (const needed of Object.keys(lock[path]?.dependencies ?? {})) visit(needed);
  };
  for (const name of IN_DASHBOARD) visit(name);
  return [...found];
}

function licenceOf(path: string): string {
  if (!existsSync(join(ROOT, path, 'package.json'))) return 'not installed: run npm ci';
  const { license } = read(`${path}/package.json`) as { readonly license?: unknown };
  if (typeof license === 'string' && license !== '') return license;
  // As packages of ten years ago say it.
  const { licenses } = read(`${path}/package.json`) as { readonly licenses?: unknown };
  const old = Array.isArray(licenses) ? (licenses as { readonly type?: string }[]) : [];
  return old.map(({ type }) => type ?? 'unknown').join(' OR ') || 'unknown';
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

/** The page of docs/. Pure. */
export function page(packages: readonly Licensed[]): string {
  const count = new Map<string, number>();
  for (const { licence } of packages) count.set(licence, (count.get(licence) ?? 0) + 1);
  const counts = [...count].sort(([, a], [, b]) => b - a).map(([name, n]) => `${n} ${name}`);
  return [
    '# Licences',
    '',
    'Every package that goes out with Orquesta, the dashboard and its browser code included, and the licence that it is under.',
    'Written by `npm run licences`, which fails on a licence that is unknown or is not permissive. A bill of materials for other',
    'tools: `npm sbom --omit=dev --sbom-format=cyclonedx`.',
    '',
    `${packages.length} packages: ${counts.join(', ')}.`,
    '',
    '| package | version | licence |',
    '| --- | --- | --- |',
    ...packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    '',
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const packages = licensed();
  for (const { name, version, licence } of packages) console.log(`${name}@${version}  ${licence}`);
  const refused = packages.filter(({ licence }) => !isPermissive(licence));
  for (const { name, licence } of refused) {
    console.error(`${name} can't go out with the program: its licence is ${licence}`);
  }
  if (refused.length > 0) process.exit(1);
  writeFileSync(DOCS, page(packages));
}
