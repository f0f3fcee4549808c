import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { machineWords } from '../../resources/machine-words.ts';
import type { RemoteFiles } from '../../ssh/remote-files.ts';
import type { Session } from '../../ssh/shell.ts';
import { pack, unpack } from './pack.ts';
import { readTree, type TreeLimits, writeTree } from './tree.ts';

const SAVE = readFileSync(new URL('./save.sh', import.meta.url), 'utf8');
const RESTORE = readFileSync(new URL('./restore.sh', import.meta.url), 'utf8');
const HOME = '/var/lib/orquesta';
const BASE = `${HOME}/session`;

const LIMITS: TreeLimits = { bytes: 16 * 1024 * 1024, entries: 10_000, depth: 16 };
/** Three of them are kept of each bot. */
const MAX_PACKED_BYTES = 6 * 1024 * 1024;
/** A bot may write at any moment: while it does, so many copies are made. */
const COPIES = 5;
/** To fetch or put back a session of thousands of files from far away. */
const TIMEOUT_MS = 180_000;

/** Both go into shell text: nothing but what these allow ever does. */
const PATH = /^(\/[A-Za-z0-9._@+-]+)+$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;

/** What a look at a bot's session comes to. */
export type SessionLook =
  | { readonly is: 'saved'; readonly fingerprint: string; readonly archive: Buffer }
  | { readonly is: 'unchanged' }
  | { readonly is: 'not-kept'; readonly why: string };

/**
 * Reads the session at `path` (as the class schema allows it) unless it is still what `known` says: the droplet puts a copy of one
 * moment aside, which is fetched over SFTP. Throws ShellError, and FilesError when the droplet serves no such files.
 */
export async function readSession(
  session: Session,
  path: string,
  known: string,
  signal: AbortSignal,
): Promise<SessionLook> {
  if (!PATH.test(path)) throw new Error(`"${path}" can't be the path of a session`);
  const input = [
    `path='${path}'`,
    `known='${FINGERPRINT.test(known) ? known : ''}'`,
    `limit=${LIMITS.bytes}`,
    `most=${LIMITS.entries}`,
    `tries=${COPIES}`,
  ];
  const told = await session.exec(`${input.join('\n')}\n${SAVE}`, { signal });
  const [word = '', value = ''] = told.stdout.trim().split(' ');
  if (word === 'unchanged') return { is: 'unchanged' };
  if (word !== 'taken' || !FINGERPRINT.test(value)) {
    return { is: 'not-kept', why: whyNot(word, value, path, told.stderr) };
  }
  const copy = `${BASE}/out-${value}`;
  try {
    const fetch = (files: RemoteFiles) =>
      readTree(files, `${copy}/${path.slice(path.lastIndexOf('/') + 1)}`, LIMITS);
    const archive = await pack(await session.files(fetch, { timeoutMs: TIMEOUT_MS, signal }));
    if (archive.length > MAX_PACKED_BYTES) {
      return { is: 'not-kept', why: tooLarge(`${archive.length} bytes packed`) };
    }
    return { is: 'saved', fingerprint: value, archive };
  } finally {
    await session.exec(`rm -rf "\${ORQUESTA_ROOT:-}${copy}"`, { signal }).catch(() => {});
  }
}

const tooLarge = (how: string): string => `The session is too large to be kept: ${how}`;

/** What the droplet says is its own choice: of it only numbers are repeated, and the first words of an error. */
function whyNot(word: string, value: string, path: string, stderr: string): string {
  switch (word) {
    case 'none':
      return `There is nothing at ${path}`;
    case 'linked':
      return `${path} leads through a link, and links are not followed: name the folder itself in spec.session.path`;
    case 'odd':
      return `There is a link at ${path} or in it, or something else that is neither file nor folder: it is not kept`;
    case 'large':
      return tooLarge(`${Number(value)} bytes`);
    case 'many':
      return tooLarge(`${Number(value)} files`);
    case 'torn':
      return `The bot wrote to its session during each of ${COPIES} copies`;
    default:
      return `The session could not be copied on the droplet: ${machineWords(stderr, 200)}`;
  }
}

/** What goes to a new droplet with its first bootstrap, so that what `uploadSession` brings is put in its place. */
export const restoreFiles = (path: string) => [
  { path: `${BASE}/path`, mode: '0600', content: path },
  { path: `${BASE}/restore.sh`, mode: '0700', content: RESTORE },
];

/**
 * Brings what was saved to a new droplet over SFTP, before the run starts that has it put in its place: all of it or nothing, and no
 * second time. Throws ShellError, and FilesError when it can't be read or the droplet takes it not.
 */
export async function uploadSession(
  session: Session,
  run: string,
  archive: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const tree = await unpack(archive, LIMITS);
  const upload = async (files: RemoteFiles): Promise<void> => {
    for (const sign of [`${HOME}/${run}/lock`, `${BASE}/in`, `${BASE}/done`]) {
      if (await files.look(sign)) return;
    }
    for (const folder of ['/var', '/var/lib', HOME, BASE]) {
      if (!(await files.look(folder))) await files.makeFolder(folder, 0o755);
    }
    const part = `${BASE}/part-${randomUUID()}`;
    await files.makeFolder(part, 0o700);
    await writeTree(files, `${part}/session`, tree);
    await files.rename(part, `${BASE}/in`);
  };
  await session.files(upload, { timeoutMs: TIMEOUT_MS, signal });
}
