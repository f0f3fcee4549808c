import type { Clock } from '../clock.ts';
import { type Session, type Shell, ShellError, type ShellTarget } from '../ssh/shell.ts';

const KNOCK_MS = 2_000;
const BETWEEN_KNOCKS_MS = 250;
/** A login that sshd refuses is dearer than a knock, and cloud-init needs some seconds to set the password. */
const BETWEEN_LOGINS_MS = 1_000;
/** How long it is knocked before the plan is made anew. */
const PATIENCE_MS = 10_000;

/** How knocking at a machine's door ended. `mismatch`: another host key than the known one, as a sentence. */
export type Knocked =
  | { readonly session: Session }
  | { readonly mismatch: string }
  /** Not yet; undefined: nothing was learnt. */
  | { readonly problem: string | undefined };

/** Knocks until sshd answers, and logs in. Ends early when `waiting` aborts. */
export async function knockAndLogIn(
  target: ShellTarget,
  openSession: (signal: AbortSignal) => Promise<Session>,
  { shell, clock }: { readonly shell: Shell; readonly clock: Clock },
  waiting: AbortSignal,
): Promise<Knocked> {
  const until = clock.now() + PATIENCE_MS;
  let problem: string | undefined;
  while (!waiting.aborted && clock.now() < until) {
    try {
      const answer = await shell.knock(target, KNOCK_MS, waiting);
      if (answer === 'open') return { session: await openSession(waiting) };
      problem = told(answer, target);
      await clock.sleep(BETWEEN_KNOCKS_MS, waiting);
    } catch (error) {
      if (waiting.aborted) break;
      if (!(error instanceof ShellError)) throw error;
      if (error.kind === 'host-key') return { mismatch: error.message };
      problem = error.message;
      const isLogin = error.kind === 'authentication';
      await clock.sleep(isLogin ? BETWEEN_LOGINS_MS : BETWEEN_KNOCKS_MS, waiting);
    }
  }
  return { problem: waiting.aborted ? undefined : problem };
}

const told = (answer: 'refused' | 'unreachable', { host, port }: ShellTarget): string =>
  answer === 'refused'
    ? `Port ${port} of ${host} is closed: the machine is up, sshd is not yet`
    : `Port ${port} of ${host} does not answer`;
