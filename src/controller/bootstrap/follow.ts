import type { Clock } from '../../clock.ts';
import type { BootstrapStatus } from '../../resources/instance.ts';
import { type Session, ShellError } from '../../ssh/shell.ts';
import type { Journal } from '../../store/journal.ts';
import { blottedStream } from '../blot.ts';
import { ensureRun, followLog, type RunFile, type RunState } from './run.ts';

/** run.sh ends an overlong script itself; this is for a machine that can't be asked. */
const UNREACHABLE_GRACE_MS = 60_000;
const TIMED_OUT = 124;
const DEAD = -1;

export interface Followed {
  readonly run: BootstrapStatus;
  readonly files: readonly RunFile[];
  /** What the run knows and its log must not tell. */
  readonly secrets: readonly string[];
  readonly limitSeconds: number;
  /** Whose log it is: the name of an instance or of a droplet. */
  readonly name: string;
  /** undefined: another machine answers, which is for others to tell. */
  readonly openSession: () => Promise<Session | undefined>;
  readonly journal: Pick<Journal, 'appendLog' | 'logOffset'>;
  readonly clock: Clock;
  /** The pass must end. */
  readonly signal: AbortSignal;
  /** Stop waiting for the run: it goes on by itself. Aborts with `signal`, too. */
  readonly waiting: AbortSignal;
}

/**
 * Starts the run or attaches to it, copies its log as it grows, and tells how it ended; undefined: it still runs.
 * Throws ShellError while the machine may still come back.
 */
export async function followRun(followed: Followed): Promise<BootstrapStatus | undefined> {
  const { run, files, limitSeconds, clock, signal, waiting } = followed;
  try {
    const session = await followed.openSession();
    if (!session) return undefined;
    const ensure = () => ensureRun(session, run.run, files, limitSeconds, signal);
    const first = await ensure();
    await copyLog(session, followed);
    if (waiting.aborted) return undefined;
    const state = first.is === 'running' ? await ensure() : first;
    return state.is === 'running' ? undefined : ended(followed, state);
  } catch (error) {
    if (waiting.aborted) return undefined;
    const isOver =
      clock.now() > Date.parse(run.startedAt) + limitSeconds * 1000 + UNREACHABLE_GRACE_MS;
    if (!(error instanceof ShellError) || !isOver) throw error;
    const problem = `The droplet could not be reached until the ${limitSeconds} s of the bootstrap were over: ${error.message}`;
    return { ...run, finishedAt: timeOf(clock), exitCode: TIMED_OUT, problem };
  }
}

async function copyLog(
  session: Session,
  { run, name, secrets, journal, waiting }: Followed,
): Promise<void> {
  let offset = await journal.logOffset(name, run.run);
  const log = followLog(session, run.run, offset, waiting);
  for await (const text of blottedStream(log, secrets, waiting)) {
    await journal.appendLog(name, run.run, offset, text);
    offset += Buffer.byteLength(text);
  }
}

function ended(
  { run, limitSeconds, clock }: Followed,
  state: Exclude<RunState, { is: 'running' }>,
): BootstrapStatus {
  const exitCode = state.is === 'ended' ? state.exitCode : DEAD;
  const problem =
    state.is === 'dead'
      ? 'The droplet went down while it was being prepared'
      : exitCode === TIMED_OUT
        ? `The bootstrap took longer than ${limitSeconds} s`
        : undefined;
  return { ...run, finishedAt: timeOf(clock), exitCode, problem };
}

const timeOf = (clock: Clock): string => new Date(clock.now()).toISOString();

/** How a run that has ended badly is told of. */
export const sentenceOf = ({ problem, exitCode, attempt }: BootstrapStatus): string =>
  `${problem ?? `The bootstrap ended with exit code ${exitCode}`} (try ${attempt})`;
