import type { BootstrapStatus } from '../../../resources/instance.ts';
import { type Session, ShellError } from '../../../ssh/shell.ts';
import { SealError } from '../../../store/seal.ts';
import { ensureRun, followLog, type RunState, runFiles } from '../../bootstrap/run.ts';
import type { StepResult } from '../../reconciler.ts';
import { restoreFiles } from '../../session/session.ts';
import { type InstanceContext, machineOf, sessionWithPinned, timeOf } from './context.ts';

/** run.sh ends an overlong script itself; this is for a machine that can't be asked. */
const UNREACHABLE_GRACE_MS = 60_000;
const TIMED_OUT = 124;
const DEAD = -1;

/** Starts the run or attaches to it, copies its log as it grows, and records how it ended. */
export async function followBootstrap(context: InstanceContext): Promise<StepResult> {
  const { object, deps } = context;
  const run = object.status?.bootstrap;
  if (!run) return undefined;
  const { class: klass } = machineOf(context);
  const limit = klass.bootstrap.timeoutSeconds;
  const { botRepository } = deps.settings;
  const files = [
    ...(await savedSession(context)),
    ...(await runFiles(run.run, object.spec, klass, { botRepository, secrets: deps.secrets })),
  ];
  const waiting = AbortSignal.any([context.signal, context.changed]);
  try {
    const session = await sessionWithPinned(context);
    if (!session) return undefined;
    const ensure = () => ensureRun(session, run.run, files, limit, context.signal);
    const state = await ensure();
    await copyLog(context, run.run, waiting, session);
    if (waiting.aborted) return undefined;
    await record(context, run, state.is === 'running' ? await ensure() : state, limit);
  } catch (error) {
    if (waiting.aborted) return undefined;
    const isOver =
      deps.clock.now() > Date.parse(run.startedAt) + limit * 1000 + UNREACHABLE_GRACE_MS;
    if (!(error instanceof ShellError) || !isOver) throw error;
    const problem = `The droplet could not be reached until the ${limit} s of the bootstrap were over: ${error.message}`;
    await context.save({
      bootstrap: { ...run, finishedAt: timeOf(context), exitCode: TIMED_OUT, problem },
    });
  }
  return undefined;
}

/** The files that bring back what the bot's last droplet had; none when the session is this droplet's own. */
async function savedSession(context: InstanceContext): Promise<ReturnType<typeof restoreFiles>> {
  const { id, class: klass } = machineOf(context);
  if (!klass.session) return [];
  try {
    const saved = await context.deps.sessions.latest(context.object.metadata);
    if (!saved || saved.about.dropletId === id) return [];
    return restoreFiles(klass.session.path, saved.archive);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    const why = `The bot starts without its WhatsApp session: ${error.message}`;
    await context.event('Warning', 'SessionNotRestored', why);
    return [];
  }
}

async function copyLog(
  { object, deps }: InstanceContext,
  run: string,
  waiting: AbortSignal,
  session: Session,
): Promise<void> {
  const { name } = object.metadata;
  let offset = await deps.journal.logOffset(name, run);
  for await (const text of followLog(session, run, offset, waiting)) {
    await deps.journal.appendLog(name, run, offset, text);
    offset += Buffer.byteLength(text);
  }
}

async function record(
  context: InstanceContext,
  run: BootstrapStatus,
  state: RunState,
  limit: number,
): Promise<void> {
  if (state.is === 'running') return;
  const exitCode = state.is === 'ended' ? state.exitCode : DEAD;
  const problem =
    state.is === 'dead'
      ? 'The droplet went down while it was being prepared'
      : exitCode === TIMED_OUT
        ? `The bootstrap took longer than ${limit} s`
        : undefined;
  await context.save({ bootstrap: { ...run, finishedAt: timeOf(context), exitCode, problem } });
  if (exitCode === 0) {
    await context.event('Normal', 'BootstrapSucceeded', 'The droplet is prepared');
  } else {
    const what = problem ?? `The bootstrap ended with exit code ${exitCode}`;
    await context.event('Warning', 'BootstrapFailed', `${what} (try ${run.attempt})`);
  }
}
