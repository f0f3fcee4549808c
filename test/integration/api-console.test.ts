import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConsole } from '../../src/api/console.ts';
import { type Api, anApi } from './api-app.ts';

const SCRIPT = 'console.log("x");'.repeat(100);
let dir: string;
let api: Api;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'orquesta-console-'));
  writeFileSync(join(dir, 'secret.js'), 'outside');
  const web = join(dir, 'web');
  mkdirSync(join(web, 'assets'), { recursive: true });
  writeFileSync(join(web, 'index.html'), '<!doctype html><title>Orquesta</title>');
  writeFileSync(join(web, 'assets/index-abc.js'), SCRIPT);
  writeFileSync(join(web, 'assets/index-abc.css'), 'body{}');
  writeFileSync(join(web, 'assets/favicon-abc.svg'), '<svg/>');
  writeFileSync(join(web, 'notes.txt'), 'not to be served');
  symlinkSync(join(dir, 'secret.js'), join(web, 'assets/link.js'));
  api = await anApi({ console: readConsole(web) });
});
afterAll(async () => {
  await api.close();
  rmSync(dir, { recursive: true, force: true });
});

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  api.app.request(path, { headers });

describe('the dashboard', () => {
  test('is open to all, and allows nothing inline and nothing from elsewhere', async () => {
    const answer = await get('/');
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<title>Orquesta</title>');
    const header = (name: string) => answer.headers.get(name);
    expect(header('content-type')).toBe('text/html; charset=utf-8');
    expect(header('cache-control')).toBe('no-cache');
    expect(header('x-content-type-options')).toBe('nosniff');
    expect(header('referrer-policy')).toBe('no-referrer');
    const policy = header('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
  });

  test.each([
    ['/assets/index-abc.js', 'text/javascript; charset=utf-8'],
    ['/assets/index-abc.css', 'text/css; charset=utf-8'],
    ['/assets/favicon-abc.svg', 'image/svg+xml'],
  ])('%s is %s, for ever', async (path, type) => {
    const answer = await get(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test.each(['/', '/assets/index-abc.js'])('HEAD %s has the headers and no body', async (path) => {
    const [head, full] = [await api.app.request(path, { method: 'HEAD' }), await get(path)];
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-type')).toBe(full.headers.get('content-type'));
    expect(head.headers.get('etag')).toBe(full.headers.get('etag'));
  });

  test('comes compressed to whoever takes that, and not at all to whoever has it', async () => {
    const small = await get('/assets/index-abc.js', { 'accept-encoding': 'gzip, br' });
    expect(small.headers.get('content-encoding')).toBe('gzip');
    expect(small.headers.get('vary')).toBe('accept-encoding');
    expect(gunzipSync(Buffer.from(await small.arrayBuffer())).toString()).toBe(SCRIPT);
    const plain = await get('/assets/index-abc.js');
    expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, SCRIPT]);
    const etag = plain.headers.get('etag') ?? '';
    const known = await get('/assets/index-abc.js', { 'if-none-match': etag });
    expect([known.status, await known.text()]).toEqual([304, '']);
  });

  test.each([
    '/index.html',
    '/fleet',
    '/notes.txt',
    '/assets',
    '/assets/',
    '/assets/nothing.js',
    '/assets/link.js',
    '/assets/../secret.js',
    '/assets/..%2f..%2fsecret.js',
    '/..%2fsecret.js',
    '/assets/%2e%2e/%2e%2e/secret.js',
    '//secret.js',
  ])('%s is not there', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('outside');
  });

  test('POST / names what the path takes', async () => {
    const answer = await api.app.request('/', { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

test('where it was not built there is none, and the API works all the same', async () => {
  expect(readConsole(join(dir, 'nothing'))).toBeUndefined();
});
