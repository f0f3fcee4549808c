import { SealError } from '../../../store/seal.ts';
import { instanceRun } from '../../bootstrap/environment.ts';
import { followRun, sentenceOf } from '../../bootstrap/follow.ts';
import { runFiles } from '../../bootstrap/run.ts';
import type { StepResult } from '../../reconciler.ts';
import { restoreFiles } from '../../session/session.ts';
import { type InstanceContext, machineOf, sessionWithPinned } from './context.ts';

/** Starts the run or attaches to it, copies its log as it grows, and records how it ended. */
export async function followBootstrap(context: InstanceContext): Promise<StepResult> {
  const { object, deps, signal } = context;
  const run = object.status?.bootstrap;
  if (!run) return undefined;
  const { class: klass } = machineOf(context);
  const { botRepository } = deps.settings;
  const environment = instanceRun(object.spec, klass, botRepository, run.stage ?? 'full');
  const files = [
    ...(await savedSession(context)),
    ...(await runFiles(run.run, klass, environment, deps.secrets)),
  ];
  const ended = await followRun({
    run,
    files,
    limitSeconds: klass.bootstrap.timeoutSeconds,
    name: object.metadata.name,
    openSession: () => sessionWithPinned(context),
    journal: deps.journal,
    clock: deps.clock,
    signal,
    waiting: AbortSignal.any([signal, context.changed]),
  });
  if (!ended) return undefined;
  await context.save({ bootstrap: ended });
  if (ended.exitCode === 0) {
    await context.event('Normal', 'BootstrapSucceeded', 'The droplet is prepared');
  } else {
    await context.event('Warning', 'BootstrapFailed', sentenceOf(ended));
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
