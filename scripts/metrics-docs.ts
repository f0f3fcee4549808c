import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Registry } from 'prom-client';
import { createMetrics } from '../src/metrics.ts';

// Writes the table of docs/metrics.md from the metrics that the program really has: npx tsx scripts/metrics-docs.ts

const DOCS = fileURLToPath(new URL('../docs/metrics.md', import.meta.url));
const TABLE =
  /(<!-- table: written by scripts\/metrics-docs.ts -->\n)[\s\S]*?(<!-- end of table -->)/;

/** Name, type, labels and help of every metric of ours, as rows of a Markdown table. */
function metricsTable(): string {
  const registry = new Registry();
  createMetrics(registry);
  const rows = registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith('orquesta_'))
    .map((metric) => {
      const { labelNames } = metric as unknown as { readonly labelNames: readonly string[] };
      const labels = labelNames.map((label) => `\`${label}\``).join(', ');
      return `| \`${metric.name}\` | ${String(metric.type)} | ${labels} | ${metric.help} |`;
    });
  return ['| metric | type | labels | what it tells |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/** The page with the table as it should be. */
export function withTable(page: string): string {
  return page.replace(
    TABLE,
    (_, begin: string, end: string) => `${begin}\n${metricsTable()}\n\n${end}`,
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(DOCS, withTable(readFileSync(DOCS, 'utf8')));
}
