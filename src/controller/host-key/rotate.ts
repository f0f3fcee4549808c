import type { Clock } from '../../clock.ts';
import { type Session, ShellError } from '../../ssh/shell.ts';
import { activateHostKey, stageHostKey } from './rotation.ts';

/** sshd reads its keys anew within a moment, or never. */
const PATIENCE_MS = 3_000;
const BETWEEN_LOGINS_MS = 100;

/** One machine whose host key is to be replaced by one of its own making. */
export interface Rotation {
  /** A session in which the present key, or the next one, was presented. */
  readonly session: Session;
  /** As written down by whoever began before. */
  readonly nextHostKey: string | undefined;
  /** Writes the next key down, before sshd presents it. */
  readonly note: (nextHostKey: string) => Promise<void>;
  /** A login that accepts this key alone. */
  readonly open: (hostKey: string) => Promise<Session>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Answers the key that sshd presents from now on, or why the machine keeps the one that it has. Throws ShellError. */
export async function rotate(
  rotation: Rotation,
): Promise<{ readonly hostKey: string } | { readonly problem: string }> {
  const { session, note, signal } = rotation;
  let next = rotation.nextHostKey;
  if (next === undefined) {
    const staged = await stageHostKey(session, signal);
    if ('problem' in staged) return staged;
    next = staged.hostKey;
    await note(next);
  }
  const problem = await activateHostKey(session, signal);
  if (problem !== undefined) return { problem };
  return (await isPresented(rotation, next))
    ? { hostKey: next }
    : { problem: 'sshd goes on presenting the old key' };
}

async function isPresented({ open, clock, signal }: Rotation, hostKey: string): Promise<boolean> {
  const until = clock.now() + PATIENCE_MS;
  while (!signal.aborted) {
    try {
      await open(hostKey);
      return true;
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      if (clock.now() >= until) {
        if (error.kind === 'host-key') return false;
        throw error;
      }
      await clock.sleep(BETWEEN_LOGINS_MS, signal);
    }
  }
  return false;
}
