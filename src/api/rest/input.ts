import type { Context } from 'hono';
import type { z } from 'zod';
import { numberphone } from '../../resources/instance.ts';
import { ApiError } from '../errors.ts';
import { messages } from './messages.ts';

const TYPES: Readonly<Record<string, string>> = {
  string: 'un texto',
  boolean: 'true o false',
  number: 'un número',
  int: 'un número entero',
  object: 'un objeto',
};

/** The body as text. Throws ApiError 400 when it is not UTF-8. */
export async function readText(c: Context): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await c.req.arrayBuffer());
  } catch (error) {
    if (error instanceof TypeError) throw new ApiError(400, messages.notUtf8);
    throw error;
  }
}

/** The JSON body, checked against a schema of the facade. Throws ApiError 400 or 415 that names what is wrong. */
export async function readBody<T>(
  c: Context,
  schema: z.ZodType<T>,
  sentences: Readonly<Record<string, string>>,
): Promise<T> {
  const type = c.req.header('content-type');
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError(415, messages.wantJson);
  }
  const text = await readText(c);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, messages.badJson(error instanceof Error ? error.message : ''));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError(400, messages.notObject);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => spanish(issue, value, sentences));
  throw new ApiError(400, [...new Set(issues.flat())].join('. '));
}

function spanish(
  issue: z.core.$ZodIssue,
  body: object,
  sentences: Readonly<Record<string, string>>,
): string | string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => messages.unknown(key));
  const field = issue.path.join('.');
  if (!Object.hasOwn(body, String(issue.path[0]))) return messages.required(field);
  const own = sentences[field];
  if (own !== undefined) return own;
  if (issue.code === 'invalid_type') return messages.type(field, TYPES[issue.expected] ?? issue.expected);
  if (issue.code === 'invalid_value') return messages.oneOf(field, issue.values.join(', '));
  return messages.wrong(field);
}

/** The phone number of a path, normalised as in a body. Throws ApiError 400. */
export function numberOf(c: Context): string {
  const parsed = numberphone.safeParse(c.req.param('number'));
  if (!parsed.success) throw new ApiError(400, messages.number);
  return parsed.data;
}
