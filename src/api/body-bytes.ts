import type { Context } from 'hono';

/**
 * A client that is still sending does not listen: who closes on it leaves it with a broken connection in place of the answer.
 * So what is too long is read on, up to here, and thrown away.
 */
const MAX_THROWN_AWAY_BYTES = 16 * 1_048_576;

/**
 * The body of a request, or, of one longer than `limit` bytes, whether it has been read to its end: the connection of one that has
 * not cannot be used again. Counts while it reads: the length that is announced may be missing or false.
 */
export async function bodyBytes(
  c: Context,
  limit: number,
): Promise<{ readonly bytes: Buffer } | { readonly bytes?: undefined; readonly isRead: boolean }> {
  if (Number(c.req.header('content-length') ?? 0) > MAX_THROWN_AWAY_BYTES) return { isRead: false };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_THROWN_AWAY_BYTES) return { isRead: false };
    if (size <= limit) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size <= limit ? { bytes: Buffer.concat(chunks) } : { isRead: true };
}

/** Headers of the answer to a body that is too long. */
export const tooLongHeaders = (isRead: boolean): Record<string, string> =>
  isRead ? {} : { connection: 'close' };
