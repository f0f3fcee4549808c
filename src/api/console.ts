import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Context, Hono } from 'hono';

interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
  readonly type: string;
  readonly etag: string;
}

/** The built dashboard by URL path, like /assets/index-Df3k.js; index.html is "/". */
export type ConsoleFiles = ReadonlyMap<string, StaticFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing inline, nothing from elsewhere. `blob:` is for the QR, which is fetched with the key. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * Reads the built dashboard into memory, once: what is not in it can't be asked for, whatever a path says. Undefined where
 * it has not been built.
 */
export function readConsole(folder: string): ConsoleFiles | undefined {
  if (!statSync(join(folder, 'index.html'), { throwIfNoEntry: false })) return undefined;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [pathOf(relative(folder, file)), fileOf(file)]));
}

const pathOf = (file: string): string =>
  file === 'index.html' ? '/' : `/${file.split(sep).join('/')}`;

function fileOf(file: string): StaticFile {
  const body = new Uint8Array(readFileSync(file));
  const gzipped = new Uint8Array(gzipSync(body));
  return {
    body,
    gzipped: gzipped.length < body.length ? gzipped : undefined,
    type: TYPES[extname(file)] ?? '',
    // Weak: the same for the file and for its compressed form.
    etag: `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
  };
}

/** The dashboard at `/`: open to all, for it holds nothing; what it shows it asks of the API, with the key of whoever looks. */
export function console(files: ConsoleFiles): Hono {
  const app = new Hono();
  for (const [path, file] of files) app.get(path, (c) => answer(c, path, file));
  return app;
}

function answer(c: Context, path: string, file: StaticFile): Response {
  c.header('cache-control', path.startsWith('/assets/') ? IMMUTABLE : 'no-cache');
  c.header('content-security-policy', POLICY);
  c.header('etag', file.etag);
  c.header('vary', 'accept-encoding');
  if (c.req.header('if-none-match')?.includes(file.etag)) return c.body(null, 304);
  c.header('content-type', file.type);
  const accepted = c.req.header('accept-encoding') ?? '';
  if (!file.gzipped || !/\bgzip\b/.test(accepted)) return c.body(file.body);
  c.header('content-encoding', 'gzip');
  return c.body(file.gzipped);
}
