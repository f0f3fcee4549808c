import { chmod, lstat, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileInfo, FilesError, type RemoteFiles } from '../../src/ssh/remote-files.ts';

/** Files below a folder of this machine, as a machine serves them whose root that folder is. */
export function localFiles(root: string): RemoteFiles {
  const at = (path: string) => join(root, path);
  return {
    look: async (path) => {
      try {
        return infoOf(await lstat(at(path)));
      } catch {
        return undefined;
      }
    },
    list: (path, limit) =>
      told(path, async () => {
        const names = await readdir(at(path));
        if (names.length > limit) {
          throw new FilesError('too-large', `${path} holds more than ${limit} files`);
        }
        return Promise.all(
          names.map(async (name) => ({ name, ...infoOf(await lstat(join(at(path), name))) })),
        );
      }),
    read: (path, room) =>
      told(path, async () => {
        const content = await readFile(at(path));
        room.left -= content.length;
        if (room.left < 0) throw new FilesError('too-large', `There is no room for ${path}`);
        return content;
      }),
    write: (path, content, mode) =>
      told(path, async () => {
        await writeFile(at(path), content, { flag: 'wx' });
        await chmod(at(path), mode);
      }),
    makeFolder: (path, mode) =>
      told(path, async () => {
        await mkdir(at(path));
        await chmod(at(path), mode);
      }),
    rename: (from, to) =>
      told(from, async () => {
        if (await lstat(at(to)).catch(() => undefined)) {
          throw new FilesError('refused', `The machine refused ${to}: it is there`);
        }
        await rename(at(from), at(to));
      }),
  };
}

const infoOf = (found: Awaited<ReturnType<typeof lstat>>): FileInfo => ({
  kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other',
  mode: Number(found.mode) & 0o777,
});

async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FilesError) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing) throw new FilesError('missing', `There is no ${path}`);
    throw new FilesError('refused', `The machine refused ${path}: ${error}`);
  }
}
