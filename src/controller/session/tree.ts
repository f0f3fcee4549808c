import { machineWords } from '../../resources/machine-words.ts';
import { FilesError, type RemoteFiles } from '../../ssh/remote-files.ts';

/** A file or a folder of a tree. */
export interface TreeEntry {
  /** From the top: names with "/" between them. "" is the top itself. */
  readonly path: string;
  /** Permission bits: 0 to 0o777. */
  readonly mode: number;
  /** Left out: a folder. */
  readonly content?: Buffer | undefined;
}

export interface TreeLimits {
  /** Of all files together. */
  readonly bytes: number;
  /** Files and folders. */
  readonly entries: number;
  /** Folders inside folders. */
  readonly depth: number;
}

/** Calls that are under way at a time: each takes as long as the way to the droplet and back. */
const AT_ONCE = 16;

/** Whether no path made of it can lead anywhere but one step down. */
const isName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && name.length <= 255;

/** Whether it leads down from the top, or is the top. */
export const isTreePath = (path: string, depth: number): boolean => {
  const names = path.split('/');
  return path === '' || (names.length <= depth && names.every(isName));
};

/**
 * Reads a file, or a folder with all that is in it; what holds it comes first. Whatever the machine tells, no more than the limits is
 * read and nothing beside the top. Throws FilesError, also for links and what else is neither file nor folder, and ShellError `closed`.
 */
export async function readTree(
  files: RemoteFiles,
  top: string,
  limits: TreeLimits,
): Promise<readonly TreeEntry[]> {
  const first = await files.look(top);
  if (!first) throw new FilesError('missing', `There is no ${top}`);
  const room = { left: limits.bytes };
  const read = async ({ path, kind, mode }: Found): Promise<TreeEntry> => {
    if (kind === 'folder') return { path, mode };
    return { path, mode, content: await files.read(under(top, path), room) };
  };
  const found = await look(files, top, { path: '', ...first }, limits);
  return inTurns(found, read);
}

/** Writes a tree where nothing is. It is complete when this resolves, and not before. Throws FilesError and ShellError `closed`. */
export async function writeTree(
  files: RemoteFiles,
  top: string,
  entries: readonly TreeEntry[],
): Promise<void> {
  for (const { path, mode, content } of entries) {
    if (!content) await files.makeFolder(under(top, path), mode | 0o700);
  }
  await inTurns(entries, async ({ path, mode, content }) => {
    if (content) await files.write(under(top, path), content, mode);
  });
}

interface Found {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly mode: number;
}

/** All that is there, level by level. */
async function look(
  files: RemoteFiles,
  top: string,
  first: Found,
  limits: TreeLimits,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  let left = limits.entries - 1;
  const listIn = async ({ path }: Found): Promise<readonly Found[]> => {
    const folder = under(top, path);
    const listed = await files.list(folder, left);
    left -= listed.length;
    if (left < 0) throw tooLarge(`${top} holds more than ${limits.entries} files`);
    return listed.map(({ name, kind, mode }) => {
      if (!isName(name)) throw refused(`${folder} holds ${JSON.stringify(name)}`);
      return { path: path === '' ? name : `${path}/${name}`, kind, mode };
    });
  };
  let level: readonly Found[] = [first];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.depth) throw tooLarge(`${top} is more than ${limits.depth} folders deep`);
    for (const { path, kind } of level) {
      if (kind === 'other') throw refused(`${under(top, path)} is neither a file nor a folder`);
    }
    found.push(...level);
    const folders = level.filter(({ kind }) => kind === 'folder');
    level = (await inTurns(folders, listIn)).flat();
  }
  return found;
}

const under = (top: string, path: string): string => (path === '' ? top : `${top}/${path}`);
const refused = (what: string) => new FilesError('refused', shortened(what));
const tooLarge = (what: string) => new FilesError('too-large', shortened(what));
/** Names are of the machine's choosing. */
const shortened = (text: string): string => machineWords(text, 300);

/** Some at a time, all in the order that they have. After the first failure nothing more is begun. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
