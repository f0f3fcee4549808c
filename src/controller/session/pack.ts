import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { FilesError } from '../../ssh/remote-files.ts';
import { isTreePath, type TreeEntry, type TreeLimits } from './tree.ts';

/** A third more than the bytes themselves, and as much again for names. */
const packedLimit = ({ bytes, entries, depth }: TreeLimits): number =>
  2 * bytes + entries * depth * 256;

const packed = z.strictObject({
  version: z.literal(1),
  entries: z.array(
    z.strictObject({
      path: z.string(),
      mode: z.int().min(0).max(0o777),
      content: z.base64().optional(),
    }),
  ),
});

/** A tree as it is kept, before it is sealed. */
export async function pack(entries: readonly TreeEntry[]): Promise<Buffer> {
  const plain: z.infer<typeof packed> = {
    version: 1,
    entries: entries.map(({ path, mode, content }) => ({
      path,
      mode,
      content: content?.toString('base64'),
    })),
  };
  return promisify(gzip)(JSON.stringify(plain));
}

/** The tree again. What was saved came from a droplet, and goes to another: nothing in it may lead out of its folder. Throws FilesError `refused`. */
export async function unpack(archive: Buffer, limits: TreeLimits): Promise<readonly TreeEntry[]> {
  try {
    const options = { maxOutputLength: packedLimit(limits) };
    const text = await promisify<Buffer, object, Buffer>(gunzip)(archive, options);
    const { entries } = packed.parse(JSON.parse(text.toString('utf8')));
    const tree = entries.map(({ path, mode, content }) => ({
      path,
      mode,
      content: content === undefined ? undefined : Buffer.from(content, 'base64'),
    }));
    if (!tree.every(({ path }) => isTreePath(path, limits.depth))) throw new Error('a path');
    return tree;
  } catch (cause) {
    throw new FilesError('refused', 'What was saved of it cannot be read', { cause });
  }
}
