import type { Context } from 'hono';
import type { z } from 'zod';
import { checkFields, fieldName } from '../../resources/field-errors.ts';
import { parseJson } from '../../resources/json-text.ts';
import { bodyBytes, tooLongHeaders } from '../body-bytes.ts';
import { ApiError } from '../errors.ts';
import { fieldSentence, parameterSentence } from './field-messages.ts';
import { messages } from './messages.ts';

const MAX_BODY_BYTES = 1_048_576;
const MAX_TOLD = 10;

/** The JSON body, checked against a schema of the facade. Throws ApiError 400, 413 or 415 that names what is wrong. */
export async function readBody<S extends z.ZodType>(c: Context, schema: S): Promise<z.infer<S>> {
  const text = await readText(c, /^application\/json$/i, messages.wantJson);
  if (text.trim() === '') throw new ApiError(400, messages.noBody);
  const json = parseJson(text);
  if (json.error) throw new ApiError(400, messages.badJson(json.error));
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError(400, messages.notObject);
  }
  const checked = checkFields(schema, value);
  if (!checked.errors) return checked.value;
  const told = checked.errors.map(({ path, problem }) => fieldSentence(fieldName(path), problem));
  throw new ApiError(400, told.slice(0, MAX_TOLD).join('. '));
}

/**
 * The body as text, without a byte order mark; of one of these content types (else `wanted` is told), or of none. Throws
 * ApiError 400, 413 or 415.
 */
export async function readText(c: Context, types: RegExp, wanted: string): Promise<string> {
  const [type = '', ...parameters] = (c.req.header('content-type') ?? '').split(';');
  const charset = /^\s*charset="?([^"\s]*)"?\s*$/i;
  const isUtf8 = parameters.every((one) => /^utf-?8$/i.test(charset.exec(one)?.[1] ?? 'utf-8'));
  if ((type.trim() !== '' && !types.test(type.trim())) || !isUtf8) throw new ApiError(415, wanted);
  if ((c.req.header('content-encoding') ?? 'identity') !== 'identity') {
    throw new ApiError(415, messages.encoded);
  }
  const bytes = await readBytes(c);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ApiError(400, messages.notUtf8);
  }
}

async function readBytes(c: Context): Promise<Buffer> {
  const body = await bodyBytes(c, MAX_BODY_BYTES);
  if (body.bytes) return body.bytes;
  throw new ApiError(413, messages.tooLarge, { headers: tooLongHeaders(body.isRead) });
}

/** The parameters of a path, normalised as in a body. Throws ApiError 400. */
export function readParams<S extends z.ZodObject>(c: Context, schema: S): z.infer<S> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, c.req.param(name)]),
  );
  const checked = checkFields(schema, given);
  if (!checked.errors) return checked.value;
  const told = checked.errors.map(({ path, problem }) => fieldSentence(fieldName(path), problem));
  throw new ApiError(400, told.join('. '));
}

/** The parameters of a query, each at most once. Throws ApiError 400. */
export function readQuery<S extends z.ZodObject>(c: Context, schema: S): z.infer<S> {
  const given: Record<string, string | undefined> = {};
  for (const [name, [value, ...more]] of Object.entries(c.req.queries())) {
    if (more.length > 0) throw new ApiError(400, messages.repeatedQuery(name));
    given[name] = value;
  }
  const checked = checkFields(schema, given);
  if (!checked.errors) return checked.value;
  const told = checked.errors.map(({ path, problem }) =>
    problem.kind === 'unknown-field'
      ? messages.unknownQuery(String(path.at(-1)))
      : parameterSentence(fieldName(path), problem),
  );
  throw new ApiError(400, told.slice(0, MAX_TOLD).join('. '));
}
