import { readFileSync } from 'node:fs';
import { machineWords } from '../../resources/machine-words.ts';
import { publicKeyLine, readPublicKey } from '../../ssh/host-key.ts';
import type { Session } from '../../ssh/shell.ts';

const SCRIPT = readFileSync(new URL('./rotate.sh', import.meta.url), 'utf8');

/** What rotate.sh makes, in 51 bytes. */
const TYPE = 'ssh-ed25519';
const MAX_KEY_BYTES = 100;

/** Makes the next host key on the droplet, or finds the one that was made before; answers it, or why there can be none. Throws ShellError. */
export async function stageHostKey(
  session: Session,
  signal: AbortSignal,
): Promise<{ readonly hostKey: string } | { readonly problem: string }> {
  // Checked before it goes into shell text: what a machine presents is its own choice.
  const { type, blob } = readPublicKey(session.hostKey);
  const presented = `presented='${type} ${blob.toString('base64')}'`;
  const result = await session.exec(`verb=stage\n${presented}\n${SCRIPT}`, { signal });
  if (result.exitCode !== 0) return { problem: problemOf(result.stderr) };
  // Written anew: it is kept, and what stands beside it is the droplet's own choice.
  const next = keyIn(result.stdout);
  return next ? { hostKey: next } : { problem: 'the droplet printed no key' };
}

/** Has sshd present the staged key from now on. Answers why not, or undefined. Throws ShellError. */
export async function activateHostKey(
  session: Session,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await session.exec(`verb=activate\n${SCRIPT}`, { signal });
  return result.exitCode === 0 ? undefined : problemOf(result.stderr);
}

function keyIn(stdout: string): string | undefined {
  try {
    const { type, blob } = readPublicKey(stdout);
    return type === TYPE && blob.length <= MAX_KEY_BYTES ? publicKeyLine(blob) : undefined;
  } catch {
    return undefined;
  }
}

const problemOf = (stderr: string): string =>
  machineWords(stderr, 300) || 'the command ended without a word';
