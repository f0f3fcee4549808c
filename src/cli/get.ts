import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { type KindInfo, kinds } from '../resources/kinds.ts';
import { API_VERSION } from '../resources/meta.ts';
import { apiClient } from './api-client.ts';
import { answering, complain, DONE, print, settings, UsageError } from './terms.ts';

const USAGE = `Usage: orquesta get KIND [NAME] [-l SELECTOR] [-o table|wide|yaml|json|name]

Shows objects, through the API at ORQUESTA_URL with the first plain key of API_KEY (environment or .env). KIND is one of
instances, instanceclasses, instancepools, droplets, or a short form of it. An instance may be named by its number alone.

  -l, --selector SELECTOR   only those with these labels, like tier=gold,region!=eu
  -o, --output FORMAT       table unless told
  -h, --help`;

const FORMATS = ['table', 'wide', 'yaml', 'json', 'name'] as const;
const AS_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io, application/json';

interface Table {
  readonly kind: 'Table';
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}
interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** Shows objects as a table, or as they are. Answers the exit code. */
export async function get(argv: readonly string[]): Promise<number> {
  return answering(USAGE, async () => {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        selector: { type: 'string', short: 'l' },
        output: { type: 'string', short: 'o', default: 'table' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    });
    if (values.help) {
      print(USAGE);
      return DONE;
    }
    const format = FORMATS.find((one) => one === values.output);
    if (format === undefined) throw new UsageError(`-o must be one of ${FORMATS.join(', ')}`);
    const [kind = '', name, ...more] = positionals;
    if (more.length > 0) throw new UsageError('orquesta get takes one KIND and one NAME');
    const info = kindOf(kind);
    const isTable = format === 'table' || format === 'wide';
    const answer = await apiClient(settings(process.env)).ask(
      'GET',
      pathOf(info, name, values.selector),
      isTable ? { accept: AS_TABLE } : {},
    );
    if (isTable) showTable(answer as Table, format === 'wide');
    else print(textOf(answer as Named | { readonly items: readonly Named[] }, format));
    return DONE;
  });
}

function kindOf(word: string): KindInfo {
  const wanted = word.toLowerCase();
  const found = Object.values(kinds).find(
    ({ plural, singular, shortNames }) =>
      wanted === plural || wanted === singular || shortNames.includes(wanted),
  );
  if (found !== undefined) return found;
  const all = Object.values(kinds).map(({ plural }) => plural);
  throw new UsageError(`KIND must be one of ${all.join(', ')}`);
}

function pathOf({ kind, plural }: KindInfo, name: string | undefined, selector?: string): string {
  const isNumber = kind === 'Instance' && name !== undefined && /^[0-9]{7,15}$/.test(name);
  const full = isNumber ? `bot-${name}` : name;
  const path = `/apis/${API_VERSION}/${plural}`;
  if (full !== undefined) return `${path}/${encodeURIComponent(full)}`;
  return selector === undefined ? path : `${path}?labelSelector=${encodeURIComponent(selector)}`;
}

/** As kubectl prints it: columns of a priority above 0 are for `wide`. */
function showTable({ columnDefinitions, rows }: Table, isWide: boolean): void {
  if (rows.length === 0) {
    complain('There are none.');
    return;
  }
  const shown = columnDefinitions.flatMap(({ name, priority = 0 }, index) =>
    isWide || priority === 0 ? [{ title: name.toUpperCase(), index }] : [],
  );
  const lines = [
    shown.map(({ title }) => title),
    ...rows.map(({ cells }) => shown.map(({ index }) => String(cells[index] ?? '<none>'))),
  ];
  const widths = shown.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  for (const cells of lines) {
    print(
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    );
  }
}

function textOf(
  answer: Named | { readonly items: readonly Named[] },
  format: 'yaml' | 'json' | 'name',
): string {
  const objects = 'items' in answer ? answer.items : [answer];
  switch (format) {
    case 'json':
      return JSON.stringify(answer, undefined, 2);
    case 'yaml':
      return objects
        .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
        .join('---\n')
        .trimEnd();
    case 'name':
      return objects
        .map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`)
        .join('\n');
  }
}
