import type { Context } from 'hono';
import { isDeeperThan, parseJson } from '../../resources/json-text.ts';
import { parseYaml, YAML_LIMITS } from '../../resources/yaml-text.ts';
import { bodyBytes, tooLongHeaders } from '../body-bytes.ts';
import { badRequest, KubeError, unsupportedMediaType } from './errors.ts';

/** As much as a real API server takes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';

/** The media type of the body without its parameters; JSON where none is told. */
export const contentType = (c: Context): string =>
  (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() || JSON_TYPE;

/** Throws KubeError 413, and 415 for a compressed body. */
export async function readBytes(c: Context): Promise<Buffer> {
  if ((c.req.header('content-encoding') ?? 'identity') !== 'identity') {
    throw unsupportedMediaType([JSON_TYPE]);
  }
  const body = await bodyBytes(c, MAX_BODY_BYTES);
  if (body.bytes) return body.bytes;
  throw new KubeError(
    413,
    'RequestEntityTooLarge',
    `Request entity too large: limit is ${MAX_BODY_BYTES} bytes`,
    { headers: tooLongHeaders(body.isRead) },
  );
}

/** JSON of bytes. Throws KubeError 400. */
export function parseBytes(bytes: Uint8Array): unknown {
  const json = parseJson(Buffer.from(bytes).toString('utf8'));
  if (json.error) throw badRequest('the body of the request is not valid JSON');
  mustBeShallow(json.value);
  return json.value;
}

/** The body as text of one of these types. Throws KubeError 400, 413 or 415. */
async function readText(c: Context, accepted: readonly string[]): Promise<string> {
  if (!accepted.includes(contentType(c))) throw unsupportedMediaType(accepted);
  const bytes = await readBytes(c);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('the body of the request is not valid UTF-8');
  }
}

/** As deep as YAML may be. Throws KubeError 400. */
function mustBeShallow(value: unknown): void {
  if (!isDeeperThan(value, YAML_LIMITS.depth)) return;
  throw badRequest(`the body of the request has more than ${YAML_LIMITS.depth} levels of nesting`);
}

/** What a body holds. `duplicates`: keys that are said twice in one mapping, as sentences. */
export interface Parsed {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/** The one object (or list, or nothing) that the body holds, from JSON or YAML. Throws KubeError 400, 413 or 415. */
export async function readValue(c: Context, accepted: readonly string[]): Promise<Parsed> {
  const text = await readText(c, accepted);
  if (text.trim() === '') return { value: undefined, duplicates: [] };
  const json = parseJson(text);
  // YAML is a superset of JSON, and the type of an apply says YAML for both.
  if (json.error && contentType(c).endsWith('json')) {
    const { line, column } = json.error;
    throw badRequest(`the body of the request is not valid JSON (line ${line}, column ${column})`);
  }
  if (!json.error) mustBeShallow(json.value);
  const yaml = parseYaml(text);
  const notYaml = (why: string) => badRequest(`the body of the request can't be read: ${why}`);
  if (yaml.problem) {
    if (!json.error) return { value: json.value, duplicates: [] };
    throw notYaml(yaml.problem.detail);
  }
  const documents = yaml.documents.filter((document) => !document.isEmpty);
  const [document] = documents;
  if (document === undefined) return { value: undefined, duplicates: [] };
  if (documents.length > 1) throw notYaml('it must hold one document');
  const duplicates = document.problems.filter(({ kind }) => kind === 'duplicate-key');
  const told = duplicates.map(
    ({ line, column }) => `duplicate key at line ${line}, column ${column}`,
  );
  if (!json.error) return { value: json.value, duplicates: told };
  const read = document.problems.length > 0 ? { problems: document.problems } : document.value();
  if ('problems' in read) throw notYaml(read.problems[0]?.detail ?? 'it is no YAML');
  return { value: read.value, duplicates: told };
}
