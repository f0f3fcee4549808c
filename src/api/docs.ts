import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Hono } from 'hono';
import { openApiDocument } from './openapi/document.ts';

const require = createRequire(import.meta.url);
const SWAGGER_UI = dirname(require.resolve('swagger-ui-dist/package.json'));
const besides = (file: string): URL => new URL(file, import.meta.url);

/** Everything from this very server. Swagger UI draws some of its icons from data URLs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FILES: readonly (readonly [path: string, type: string, file: string | URL])[] = [
  ['/docs', 'text/html; charset=utf-8', besides('./docs-page.html')],
  ['/docs/page.js', 'text/javascript; charset=utf-8', besides('./docs-page.mjs')],
  ['/docs/page.css', 'text/css; charset=utf-8', besides('./docs-page.css')],
  ['/docs/swagger-ui.css', 'text/css; charset=utf-8', join(SWAGGER_UI, 'swagger-ui.css')],
  [
    '/docs/swagger-ui.js',
    'text/javascript; charset=utf-8',
    join(SWAGGER_UI, 'swagger-ui-bundle.js'),
  ],
];

/**
 * The guide for programs (/openapi.json) and for people (/docs), open to all: they hold no data. `app`: whose routes are described,
 * once all are there.
 */
export function docs(app: () => Hono, version: string): Hono {
  const own = new Hono();
  let document: object | undefined;
  own.get('/openapi.json', (c) => {
    document ??= openApiDocument(app(), version);
    return c.json(document);
  });
  const read = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [path, type, file] of FILES) {
    own.get(path, (c) => {
      const bytes = read.get(path) ?? new Uint8Array(readFileSync(file));
      read.set(path, bytes);
      c.header('content-security-policy', POLICY);
      c.header('cache-control', 'no-cache');
      c.header('content-type', type);
      return c.body(bytes);
    });
  }
  return own;
}
