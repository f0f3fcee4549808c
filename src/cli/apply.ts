import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiRefusal, apiClient } from './api-client.ts';
import { answering, complain, DONE, FAILED, print, settings, UsageError } from './terms.ts';

const USAGE = `Usage: orquesta apply -f FILE [-f FILE…] [--dry-run]

Declares what YAML or JSON files say, through the API at ORQUESTA_URL with the first plain key of API_KEY (environment or .env).
All files are checked before the first is written.

  -f, --filename FILE   a file, a folder of files, or "-" for standard input; may be given several times
  --dry-run             tell what would happen, and change nothing
  -h, --help`;

const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

interface Applied {
  readonly data: {
    readonly results: readonly {
      readonly kind: string;
      readonly name: string;
      readonly result: string;
    }[];
  };
}

/** Applies manifests. Answers the exit code. */
export async function apply(argv: readonly string[]): Promise<number> {
  return answering(USAGE, async () => {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        filename: { type: 'string', short: 'f', multiple: true },
        'dry-run': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      print(USAGE);
      return DONE;
    }
    if (!values.filename?.length) throw new UsageError('orquesta apply needs -f FILE');
    const texts = values.filename.flatMap(filesOf).map((file) => ({ file, text: readText(file) }));
    const { ask } = apiClient(settings(process.env));
    const send = async (text: string, isDryRun: boolean) =>
      (await ask('POST', `/api/apply?dryRun=${isDryRun}`, { body: text })) as Applied;

    const refusals: string[] = [];
    for (const { file, text } of texts) {
      try {
        const { data } = await send(text, true);
        if (values['dry-run']) show(data, ' (dry run)');
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error;
        refusals.push(error.message.replaceAll(/^/gm, `${file}: `));
      }
    }
    for (const refusal of refusals) complain(refusal);
    if (refusals.length > 0) return FAILED;
    if (values['dry-run']) return DONE;
    for (const { text } of texts) show((await send(text, false)).data, '');
    return DONE;
  });
}

function show({ results }: Applied['data'], note: string): void {
  for (const { kind, name, result } of results) {
    print(`${kind.toLowerCase()}/${name} ${result}${note}`);
  }
}

function filesOf(path: string): readonly string[] {
  if (path === '-' || !statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((file) => EXTENSIONS.has(extname(file)))
    .sort()
    .map((file) => join(path, file));
}

const readText = (file: string): string => readFileSync(file === '-' ? 0 : file, 'utf8');
