import { FilesError } from '../../../ssh/remote-files.ts';
import type { Session } from '../../../ssh/shell.ts';
import { SealError } from '../../../store/seal.ts';
import { instanceRun, secretsOf } from '../../bootstrap/environment.ts';
import { followRun, sentenceOf } from '../../bootstrap/follow.ts';
import { runFiles } from '../../bootstrap/run.ts';
import type { StepResult } from '../../reconciler.ts';
import { restoreFiles, uploadSession } from '../../session/session.ts';
import { type InstanceContext, machineOf, sessionWithPinned } from './context.ts';

/** Starts the run or attaches to it, copies its log as it grows, and records how it ended. */
export async function followBootstrap(context: InstanceContext): Promise<StepResult> {
  const { object, deps, signal } = context;
  const run = object.status?.bootstrap;
  if (!run) return undefined;
  const { class: klass } = machineOf(context);
  const { botRepository } = deps.settings;
  const environment = instanceRun(object.spec, klass, botRepository, run.stage ?? 'full');
  const saved = await savedSession(context);
  const files = [
    ...(saved && klass.session ? restoreFiles(klass.session.path) : []),
    ...(await runFiles(run.run, klass, environment, deps.secrets)),
  ];
  const ended = await followRun({
    run,
    files,
    secrets: await secretsOf(environment, deps.secrets),
    limitSeconds: klass.bootstrap.timeoutSeconds,
    name: object.metadata.name,
    openSession: async () => {
      const session = await sessionWithPinned(context);
      if (session && saved) await bring(context, session, run.run, saved);
      return session;
    },
    journal: deps.journal,
    clock: deps.clock,
    signal,
    waiting: AbortSignal.any([signal, context.changed]),
  });
  if (!ended) return undefined;
  context.learn({ bootstrap: ended });
  if (ended.exitCode === 0) {
    await context.event('Normal', 'BootstrapSucceeded', 'The droplet is prepared');
  } else {
    await context.event('Warning', 'BootstrapFailed', sentenceOf(ended));
  }
  return undefined;
}

/** What the bot's last droplet had; undefined when nothing is kept, or the session is this droplet's own. */
async function savedSession(context: InstanceContext): Promise<Buffer | undefined> {
  const { id, class: klass } = machineOf(context);
  if (!klass.session) return undefined;
  try {
    const saved = await context.deps.sessions.latest(context.object.metadata);
    return saved && saved.about.dropletId !== id ? saved.archive : undefined;
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    await notRestored(context, error);
    return undefined;
  }
}

async function bring(
  context: InstanceContext,
  session: Session,
  run: string,
  saved: Buffer,
): Promise<void> {
  try {
    await uploadSession(session, run, saved, context.signal);
  } catch (error) {
    if (!(error instanceof FilesError)) throw error;
    await notRestored(context, error);
  }
}

/** Which is better than no bot. */
const notRestored = (context: InstanceContext, { message }: Error): Promise<void> =>
  context.event(
    'Warning',
    'SessionNotRestored',
    `The bot starts without its WhatsApp session: ${message}`,
  );
