import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { InstanceSpec } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { machineWords } from '../../resources/machine-words.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Session } from '../../ssh/shell.ts';
import {
  botEnvironment,
  environmentFile,
  type RunEnvironment,
  scriptEnvironment,
  withSecrets,
} from './environment.ts';

const RUN_SCRIPT = readFileSync(new URL('./run.sh', import.meta.url), 'utf8');
const ENSURE_RUN = readFileSync(new URL('./ensure-run.sh', import.meta.url), 'utf8');

const BASE = '/var/lib/orquesta';
/** The line that run.sh prints last. It only means "look now": the exit file is the truth, so a script that prints it does no harm. */
const END_MARK = '[orquesta] bootstrap ended with exit code';

export type RunState =
  | { readonly is: 'running' }
  | { readonly is: 'ended'; readonly exitCode: number }
  /** It was started, and neither runs nor left an exit code: the machine went down under it. */
  | { readonly is: 'dead' };

export interface RunFile {
  readonly path: string;
  readonly mode: string;
  readonly content: string | Buffer;
}

/** Digests of what shapes the bootstraps of a class: one runs again when its own changes. */
export interface Revisions {
  /** Of the class's part alone. */
  readonly ofClass: string;
  /** Of everything that shapes the bootstrap of an instance with this spec. */
  of(spec: InstanceSpec): string;
}

/** Of secrets only where they are found goes in, for a digest could be guessed at. Pure. */
export function revisionsOf(klass: InstanceClassSpec, botRepository: string): Revisions {
  const { files, script } = klass.bootstrap;
  const program = digest({ files, script });
  const { service, qrPort, panelPort, env } = klass.bot;
  return {
    ofClass: digest({ program, botRepository, service, qrPort, panelPort, env: sorted(env) }),
    of: (spec) =>
      digest({
        program,
        env: sorted({
          ...scriptEnvironment(spec, klass, botRepository),
          ...botEnvironment(spec, klass),
        }),
      }),
  };
}

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

const sorted = (record: object): readonly [string, unknown][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** The files of one run: ours, the class's, and the two environments. Throws SecretError. */
export async function runFiles(
  run: string,
  klass: InstanceClassSpec,
  environment: RunEnvironment,
  secrets: Secrets,
): Promise<readonly RunFile[]> {
  const dir = `${BASE}/${run}`;
  const bot = await withSecrets(environment.bot, secrets);
  const env = await withSecrets(environment.script, secrets);
  const lines = Object.entries(env).map(([name, value]) => `${name} ${base64(value)}\n`);
  return [
    ...klass.bootstrap.files,
    { path: `${dir}/bot.env`, mode: '0600', content: environmentFile(bot) },
    { path: `${dir}/env`, mode: '0600', content: lines.join('') },
    { path: `${dir}/script`, mode: '0700', content: klass.bootstrap.script },
    { path: `${dir}/run.sh`, mode: '0700', content: RUN_SCRIPT },
  ];
}

const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');

/** Run names go into shell text: nothing but what this allows ever does. */
const RUN_NAME = /^[a-z0-9-]{1,64}$/;

/**
 * Starts the run unless it was started before; tells how it stands. One command, whatever crashed before.
 * Throws ShellError, and Error when the droplet refuses the files.
 */
export async function ensureRun(
  session: Session,
  run: string,
  files: readonly RunFile[],
  limitSeconds: number,
  signal: AbortSignal,
): Promise<RunState> {
  if (!RUN_NAME.test(run)) throw new Error(`"${run}" can't be the name of a bootstrap run`);
  const command = `run=${run}\nlimit=${limitSeconds}\n${ENSURE_RUN}`;
  const stdin = files
    .map(({ mode, path, content }) => `${mode} ${path} ${base64(content)}\n`)
    .join('');
  const result = await session.exec(command, { stdin, signal });
  const [word, code] = result.stdout.trim().split(' ');
  if (result.exitCode !== 0 || word === undefined) {
    throw new Error(
      `The bootstrap could not be started (exit code ${result.exitCode}): ${machineWords(result.stderr, 500)}`,
    );
  }
  if (word === 'running') return { is: 'running' };
  // A number is kept of it and nothing else: it is the droplet's own word.
  const isEnded = word === 'ended' && /^\d{1,3}$/.test(code ?? '');
  return isEnded ? { is: 'ended', exitCode: Number(code) } : { is: 'dead' };
}

/**
 * Hands out a run's log from a byte offset on, as it grows, until the run says that it has ended or its process is gone.
 * Throws ShellError `closed`.
 */
export async function* followLog(
  session: Session,
  run: string,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const dir = `"\${ORQUESTA_ROOT:-}${BASE}/${run}"`;
  const command = `cd ${dir} && if tail --version >/dev/null 2>&1; then exec tail -c +${offset + 1} -f --pid="$(cut -d' ' -f1 pid)" log; else exec tail -c +${offset + 1} -f log; fi`;
  let line = '';
  for await (const piece of session.stream(command, signal)) {
    yield piece;
    line = (line + piece).slice(-4096);
    if (line.includes(END_MARK) && line.endsWith('\n')) return;
  }
}
