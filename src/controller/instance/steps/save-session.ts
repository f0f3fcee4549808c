import type { SessionStatus } from '../../../resources/instance.ts';
import { FilesError } from '../../../ssh/remote-files.ts';
import { ShellError } from '../../../ssh/shell.ts';
import { SealError } from '../../../store/seal.ts';
import type { StepResult } from '../../reconciler.ts';
import { readSession } from '../../session/session.ts';
import { type InstanceContext, machineOf, sessionWithPinned, timeOf } from './context.ts';

/** What a look may fail by without a fault of the program. */
const KINDS = [ShellError, SealError, FilesError];

/** Saves the bot's session when it has changed. What goes wrong here is told, and is no sickness of the bot. */
export async function saveSession(context: InstanceContext): Promise<StepResult> {
  const { class: klass, id } = machineOf(context);
  const kept = context.object.status?.session;
  const lookedAt = timeOf(context);
  const learn = (session: Partial<SessionStatus>) =>
    context.save({ session: { ...kept, problem: undefined, ...session, lookedAt } });
  if (!klass.session) return undefined;
  try {
    const session = await sessionWithPinned(context);
    if (!session) return undefined;
    const { keyId } = context.deps.sessions;
    // With another key it is saved anew: or it could not be opened once the old one is taken away.
    const isKnown = kept?.dropletId === id && kept.keyId === keyId;
    const known = isKnown ? (kept.fingerprint ?? '') : '';
    const look = await readSession(session, klass.session.path, known, context.signal);
    switch (look.is) {
      case 'saved': {
        const { metadata } = context.object;
        const sizeBytes = look.archive.length;
        const about = {
          savedAt: lookedAt,
          dropletId: id,
          sizeBytes,
          fingerprint: look.fingerprint,
        };
        const isKept = await context.deps.sessions.save(metadata, about, look.archive);
        if (isKept) await learn({ ...about, keyId });
        break;
      }
      case 'not-kept':
        await learn({ problem: look.why });
        break;
      case 'unchanged':
      case 'torn':
        await learn({});
    }
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (!(error instanceof Error) || !KINDS.some((kind) => error instanceof kind)) throw error;
    await learn({ problem: error.message });
  }
  const problem = context.object.status?.session?.problem;
  if (problem && problem !== kept?.problem) {
    await context.event('Warning', 'SessionNotSaved', problem);
  }
  return undefined;
}
