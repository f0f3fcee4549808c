import { readFileSync } from 'node:fs';
import type { Session } from '../../ssh/shell.ts';

const SAVE = readFileSync(new URL('./save.sh', import.meta.url), 'utf8');
const RESTORE = readFileSync(new URL('./restore.sh', import.meta.url), 'utf8');
const BASE = '/var/lib/orquesta/session';

/** Of the files, before they are packed. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Of what comes over the wire: packed, and a third larger as base64. */
const MAX_PRINTED = 8 * 1024 * 1024;

/** Both go into shell text: nothing but what these allow ever does. */
const PATH = /^(\/[A-Za-z0-9._@+-]+)+$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;

/** What a look at a bot's session comes to. */
export type SessionLook =
  | { readonly is: 'saved'; readonly fingerprint: string; readonly archive: Buffer }
  | { readonly is: 'unchanged' | 'none' | 'torn' }
  | { readonly is: 'too-large'; readonly sizeBytes: number };

/** Reads the session at `path` (as the class schema allows it) unless it is still what `known` says. Throws ShellError. */
export async function readSession(
  session: Session,
  path: string,
  known: string,
  signal: AbortSignal,
): Promise<SessionLook> {
  if (!PATH.test(path)) throw new Error(`"${path}" can't be the path of a session`);
  const command = `path='${path}'\nknown='${FINGERPRINT.test(known) ? known : ''}'\nlimit=${MAX_BYTES}\n${SAVE}`;
  let printed = '';
  for await (const piece of session.stream(command, signal)) {
    printed += piece;
    if (printed.length > MAX_PRINTED) return { is: 'too-large', sizeBytes: printed.length };
  }
  const [first = '', archive = '', last = ''] = printed.split('\n');
  if (first === 'none' || first === 'unchanged') return { is: first };
  const [word, size] = first.split(' ');
  if (word === 'large') return { is: 'too-large', sizeBytes: Number(size) };
  // Cut off, or written to while it was read.
  if (!FINGERPRINT.test(first) || first !== last || archive === '') return { is: 'torn' };
  return { is: 'saved', fingerprint: first, archive: Buffer.from(archive, 'base64') };
}

/** What goes to a new droplet with the bootstrap, so that its bot begins with the session of the old one. */
export const restoreFiles = (path: string, archive: Buffer) => [
  { path: `${BASE}/path`, mode: '0600', content: path },
  { path: `${BASE}/archive`, mode: '0600', content: archive },
  { path: `${BASE}/restore.sh`, mode: '0700', content: RESTORE },
];
