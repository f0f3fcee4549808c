import { SecretError } from '../../../secrets/secrets.ts';
import { poolRun, secretsOf } from '../../bootstrap/environment.ts';
import { followRun, sentenceOf } from '../../bootstrap/follow.ts';
import { poolRevision } from '../../bootstrap/pool-revision.ts';
import { type RunFile, runFiles } from '../../bootstrap/run.ts';
import type { StepResult } from '../../reconciler.ts';
import { type DropletContext, memberOf, openMember } from './member.ts';

const SECRET_LOOK_MS = 10_000;
const STAGE_IGNORED =
  'The class started the bot although ORQUESTA_STAGE was "prepare": its script must leave that to the stage "start"';

/** Writes down which run is to happen, before it happens: whoever comes next attaches to that one and starts no other. */
export async function startPreparation(context: DropletContext): Promise<StepResult> {
  const { object, deps } = context;
  const { class: klass, preparation } = memberOf(context);
  const revision = poolRevision(klass, deps.settings);
  const now = deps.clock.now();
  context.learn({
    preparation: {
      ...preparation,
      readyAt: undefined,
      bootstrap: {
        run: `${now.toString(36)}-${revision}`,
        revision,
        dropletId: object.status?.id ?? 0,
        attempt: (preparation.bootstrap?.attempt ?? 0) + 1,
        startedAt: new Date(now).toISOString(),
      },
    },
  });
  return undefined;
}

/** Starts the run or attaches to it, copies its log as it grows, and records how it ended. */
export async function followPreparation(context: DropletContext): Promise<StepResult> {
  const { object, deps, signal } = context;
  const { class: klass, preparation, target } = memberOf(context);
  const run = preparation.bootstrap;
  if (!run) return undefined;
  let files: readonly RunFile[];
  let secrets: readonly string[];
  try {
    const environment = poolRun(klass, deps.settings.botRepository);
    files = await runFiles(run.run, klass, environment, deps.secrets);
    secrets = await secretsOf(environment, deps.secrets);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    await context.event('Warning', 'SecretMissing', error.message);
    return { lookAgain: SECRET_LOOK_MS };
  }
  const ended = await followRun({
    run,
    files,
    secrets,
    limitSeconds: klass.bootstrap.timeoutSeconds,
    name: object.metadata.name,
    openSession: () => deps.shell.open(target, signal),
    journal: deps.journal,
    clock: deps.clock,
    signal,
    waiting: AbortSignal.any([signal, context.changed]),
  });
  if (!ended) return undefined;
  const isServing = ended.exitCode === 0 && (await stopsBot(context));
  const problem = isServing ? STAGE_IGNORED : ended.problem;
  const isReady = ended.exitCode === 0 && !isServing;
  const readyAt = isReady ? ended.finishedAt : undefined;
  context.learn({
    preparation: { ...preparation, bootstrap: { ...ended, problem }, readyAt },
  });
  if (isReady) await context.event('Normal', 'Prepared', 'Prepared, and waits for a number');
  else {
    const why = sentenceOf({ ...ended, problem });
    await context.event('Warning', 'PreparationFailed', why);
  }
  return undefined;
}

/** No bot may run without a number. True: one did, and was stopped. */
async function stopsBot(context: DropletContext): Promise<boolean> {
  const { signal } = context;
  const { service } = memberOf(context).class.bot;
  const session = await openMember(context, signal);
  const command = `systemctl is-active --quiet ${service} && systemctl disable --now ${service}`;
  return (await session.exec(command, { signal })).exitCode === 0;
}
