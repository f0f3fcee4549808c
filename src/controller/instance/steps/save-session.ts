import { FilesError } from '../../../ssh/remote-files.ts';
import { ShellError } from '../../../ssh/shell.ts';
import { SealError } from '../../../store/seal.ts';
import { type KnownSession, toldOf } from '../../../store/session-archive.ts';
import type { StepResult } from '../../reconciler.ts';
import { readSession } from '../../session/session.ts';
import { type InstanceContext, machineOf, sessionWithPinned, timeOf } from './context.ts';

/** What a look may fail by without a fault of the program. */
const KINDS = [ShellError, SealError, FilesError];

/** Saves the bot's session when it has changed. What goes wrong here is told, and is no sickness of the bot. */
export async function saveSession(context: InstanceContext): Promise<StepResult> {
  const { class: klass, id } = machineOf(context);
  if (!klass.session) return undefined;
  const { metadata, status } = context.object;
  const { sessions } = context.deps;
  const lookedAt = timeOf(context);
  // Not from the status: Redis may have lost what that tells of, and somebody may have had it forgotten.
  const known = await sessions.known(metadata);
  const tell = (what: KnownSession | undefined, problem?: string) =>
    context.save({ session: { lookedAt, ...toldOf(what), problem } });
  try {
    const session = await sessionWithPinned(context);
    if (!session) return undefined;
    const seen = fingerprintOf(known, id, sessions.keyId);
    const look = await readSession(session, klass.session.path, seen, context.signal);
    switch (look.is) {
      case 'saved': {
        const { fingerprint, archive } = look;
        const sizeBytes = archive.length;
        const about = { savedAt: lookedAt, dropletId: id, sizeBytes, fingerprint };
        const isKept = await sessions.save(metadata, about, archive, known);
        if (isKept) await tell({ is: 'kept', about, keyId: sessions.keyId });
        break;
      }
      case 'not-kept':
        await tell(known, look.why);
        break;
      case 'unchanged':
        await tell(known);
    }
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (!(error instanceof Error) || !KINDS.some((kind) => error instanceof kind)) throw error;
    await tell(known, error.message);
  }
  const problem = context.object.status?.session?.problem;
  if (problem && problem !== status?.session?.problem) {
    await context.event('Warning', 'SessionNotSaved', problem);
  }
  return undefined;
}

/** Of what need not be saved: it is kept, sealed with the key that seals now (the old one may be taken away), or forgotten. */
function fingerprintOf(
  known: KnownSession | undefined,
  dropletId: number,
  keyId: string | undefined,
): string {
  if (known?.is === 'forgotten') return known.dropletId === dropletId ? known.fingerprint : '';
  const isKept = known?.about.dropletId === dropletId && known.keyId === keyId;
  return isKept ? known.about.fingerprint : '';
}
