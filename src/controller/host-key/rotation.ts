import { readFileSync } from 'node:fs';
import { readPublicKey } from '../../ssh/host-key.ts';
import type { Session } from '../../ssh/shell.ts';

const SCRIPT = readFileSync(new URL('./rotate.sh', import.meta.url), 'utf8');

/** Makes the next host key on the droplet, or finds the one that was made before; answers it, or why there can be none. Throws ShellError. */
export async function stageHostKey(
  session: Session,
  signal: AbortSignal,
): Promise<{ readonly hostKey: string } | { readonly problem: string }> {
  // Checked before it goes into shell text: what a machine presents is its own choice.
  const { type, blob } = readPublicKey(session.hostKey);
  const presented = `presented='${type} ${blob.toString('base64')}'`;
  const result = await session.exec(`verb=stage\n${presented}\n${SCRIPT}`, { signal });
  const hostKey = result.stdout.trim();
  if (result.exitCode !== 0) return { problem: problemOf(result.stderr) };
  try {
    readPublicKey(hostKey);
  } catch {
    return { problem: 'the droplet printed no key' };
  }
  return { hostKey };
}

/** Has sshd present the staged key from now on. Answers why not, or undefined. Throws ShellError. */
export async function activateHostKey(
  session: Session,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await session.exec(`verb=activate\n${SCRIPT}`, { signal });
  return result.exitCode === 0 ? undefined : problemOf(result.stderr);
}

const problemOf = (stderr: string): string =>
  stderr.trim().slice(0, 300) || 'the command ended without a word';
