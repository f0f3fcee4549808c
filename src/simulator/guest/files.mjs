// What a droplet's SFTP server does with its files. Where the droplet has no root of its own, `root` stands before each path,
// and no link leads out of it.
import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';

/** Calls by name; each rejects with the system's error code. */
export function fileCalls(root) {
  const handles = new Map();
  let last = 0;

  /** The path on this machine of what a name stands for, its last part not followed. */
  const at = async (name) => {
    const absolute = path.posix.resolve('/root', name);
    if (root === '') return absolute;
    const top = await fs.realpath(root);
    if (absolute === '/') return top;
    const folder = await fs.realpath(path.join(top, path.posix.dirname(absolute)));
    if (folder !== top && !folder.startsWith(`${top}/`)) throw denied(name);
    return path.join(folder, path.posix.basename(absolute));
  };
  const held = (handle) => {
    const found = handles.get(handle);
    if (found === undefined)
      throw Object.assign(new Error('There is no such handle.'), { code: 'EBADF' });
    return found;
  };
  const hold = (value) => {
    last += 1;
    handles.set(last, value);
    return last;
  };

  return {
    realpath: async ({ name }) => path.posix.resolve('/root', name),
    lstat: async ({ name }) => attributes(await fs.lstat(await at(name))),
    // Links are not followed: none that was made in the droplet is to lead out of it.
    open: async ({ name, flags, mode }) =>
      hold(await fs.open(await at(name), flags | constants.O_NOFOLLOW, mode)),
    fstat: async ({ handle }) => attributes(await held(handle).stat()),
    fchmod: async ({ handle, mode }) => held(handle).chmod(mode & 0o7777),
    chmod: async ({ name, mode }) => {
      const target = await at(name);
      if ((await fs.lstat(target)).isSymbolicLink()) throw denied(name);
      await fs.chmod(target, mode & 0o7777);
    },
    read: async ({ handle, offset, length }) => {
      const { bytesRead, buffer } = await held(handle).read(
        Buffer.alloc(length),
        0,
        length,
        offset,
      );
      return buffer.toString('base64', 0, bytesRead);
    },
    write: async ({ handle, offset, data }) => {
      const bytes = Buffer.from(data, 'base64');
      await held(handle).write(bytes, 0, bytes.length, offset);
    },
    close: async ({ handle }) => {
      const closing = held(handle);
      handles.delete(handle);
      if (!Array.isArray(closing)) await closing.close();
    },
    opendir: async ({ name }) => {
      const folder = await at(name);
      const names = await fs.readdir(folder);
      return hold(names.map((each) => ({ name: each, path: path.join(folder, each) })));
    },
    readdir: async ({ handle, most }) => {
      const batch = held(handle).splice(0, most);
      const listed = await Promise.all(
        batch.map(async (each) => ({
          name: each.name,
          attributes: await fs.lstat(each.path).then(attributes, () => undefined),
        })),
      );
      return listed.filter((each) => each.attributes !== undefined);
    },
    mkdir: async ({ name, mode }) => fs.mkdir(await at(name), mode & 0o7777),
    rmdir: async ({ name }) => fs.rmdir(await at(name)),
    remove: async ({ name }) => fs.unlink(await at(name)),
    rename: async ({ from, to }) => {
      const target = await at(to);
      // As SFTP has it: never over something else.
      const isFree = await fs.lstat(target).then(
        () => false,
        () => true,
      );
      if (!isFree) throw Object.assign(new Error(`${to} is there.`), { code: 'EEXIST' });
      await fs.rename(await at(from), target);
    },
  };
}

const attributes = ({ mode, size, uid, gid, atimeMs, mtimeMs }) => ({
  mode,
  size,
  uid,
  gid,
  atime: Math.floor(atimeMs / 1000),
  mtime: Math.floor(mtimeMs / 1000),
});

const denied = (name) =>
  Object.assign(new Error(`${name} leads out of the droplet.`), { code: 'EACCES' });
