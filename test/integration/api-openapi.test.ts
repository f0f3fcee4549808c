import { Validator } from '@seriousme/openapi-schema-validator';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { json } from '../../src/api/openapi/answers.ts';
import { operation, operationOf } from '../../src/api/openapi/operation.ts';
import { NUMBER } from '../builders.ts';
import { type Api, anApi } from './api-app.ts';
import { type OpenApi, OpenApiCheck } from './openapi-check.ts';

let api: Api;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());

const document = async (): Promise<OpenApi & { readonly openapi: string }> =>
  (await api.ask('GET', '/openapi.json', undefined, { 'x-api-key': 'none' })).json;

test('every route of the facade is described', () => {
  const silent = api.app.routes
    .filter(({ method, path }) => method !== 'ALL' && /^\/(api\/|healthz|livez|readyz)/.test(path))
    // The resource API describes itself as Kubernetes does.
    .filter(({ path }) => !path.startsWith('/api/v1'))
    .filter(({ handler }) => !operationOf(handler))
    .map(({ method, path }) => `${method} ${path}`);
  expect(silent).toEqual([]);
});

describe('openapi.json', () => {
  test('is an OpenAPI 3.1 document by its own meta-schema', async () => {
    const { valid, errors } = await new Validator().validate({ ...(await document()) });
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect((await document()).openapi).toMatch(/^3\.1\./);
  });

  test('every schema in it is one, and every example fits it', async () => {
    const { paths } = await document();
    const check = new OpenApiCheck(api.app);
    let examples = 0;
    const lacking: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { requestBody, responses }] of Object.entries(methods)) {
        const contents = [
          requestBody?.content,
          ...Object.values(responses).map((one) => one.content),
        ];
        for (const [type, media] of contents.flatMap((one) => Object.entries(one ?? {}))) {
          const { schema, example } = media as { schema?: object; example?: unknown };
          if (example === undefined) {
            if (type !== 'image/png') lacking.push(`${method} ${path} ${type}`);
            continue;
          }
          examples++;
          const problem =
            type === 'application/json' && schema && check.problemWith(schema, example);
          expect(problem || undefined, `${method} ${path} ${type}`).toBeUndefined();
        }
      }
    }
    expect(lacking).toEqual([]);
    expect(examples).toBeGreaterThan(50);
  });

  test('names each call once, in Spanish, with its refusals', async () => {
    const { paths } = await document();
    const all = Object.values(paths).flatMap((methods) => Object.values(methods)) as unknown as {
      operationId: string;
      summary: string;
      responses: object;
    }[];
    const ids = all.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { summary, responses } of all) {
      expect(summary.length).toBeGreaterThan(5);
      expect(Object.keys(responses)).toContain('503');
    }
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/instance/create', '/api/instance/status/{numberphone}']),
    );
  });

  test('tells what a phone number may look like, exactly as the program takes it', async () => {
    const { paths } = await document();
    const schema = paths['/api/instance/create']?.['post']?.requestBody?.content['application/json']
      ?.schema as { properties: { numberphone: { pattern: string } } };
    const pattern = new RegExp(schema.properties.numberphone.pattern);
    for (const good of [NUMBER, '+57 333 222 1111', ' 1234567', '\t123456789012345 ']) {
      expect(pattern.test(good), good).toBe(true);
    }
    for (const bad of ['123456', '1234567890123456', '++1234567', '1234567\n', '٣٣٣٣٣٣٣']) {
      expect(pattern.test(bad), bad).toBe(false);
    }
  });
});

describe('the check of every answer', () => {
  const described = {
    id: 'count',
    tag: 'Flota',
    summary: 'Cuenta',
    answers: { 200: json('Cuántos', z.strictObject({ count: z.int() }), { count: 1 }) },
  } as const;
  const asked = async (answer: () => Response) => {
    const app = new Hono();
    app.get('/api/count', operation(described, answer));
    const check = new OpenApiCheck(app);
    check.attach(app);
    await app.request('/api/count');
    await app.request('/api/silent');
    return check.mismatches;
  };

  test.each([
    ['a field too many', () => Response.json({ count: 1, more: 2 }), /must NOT have additional/],
    ['another type', () => Response.json({ count: '1' }), /must be integer/],
    [
      'a status that is not described',
      () => Response.json({ count: 1 }, { status: 201 }),
      /status/,
    ],
    ['another content type', () => new Response('1'), /content type/],
  ])('finds %s', async (_, answer, word) => {
    expect((await asked(answer)).join()).toMatch(word);
  });

  test('finds nothing in what is as described', async () => {
    const found = await asked(() => Response.json({ count: 1 }));
    expect(found.filter((one) => !one.includes('/api/silent'))).toEqual([]);
  });
});

describe('docs', () => {
  test('come from this server alone, under a strict policy, without a key', async () => {
    const page = await api.app.request('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).not.toMatch(/https?:\/\//);
    for (const [, path = ''] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await api.app.request(path)).status, path).toBe(200);
    }
  });
});
