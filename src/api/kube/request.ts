import type { Context } from 'hono';
import type { ApiDeps } from '../deps.ts';
import { JSON_TYPE, type Parsed, readValue, YAML_TYPE } from './body.ts';
import type { OpenApi } from './openapi/openapi.ts';
import type { Query } from './query.ts';
import type { Texts } from './texts.ts';
import type { Lines } from './watch.ts';

/** What the handlers of the resource API share: the request, and what the process has in hand. */
export interface KubeRequest extends ApiDeps {
  readonly c: Context;
  readonly query: Query;
  readonly texts: Texts;
  readonly lines: Lines;
  readonly openapi: OpenApi;
}

/** The object in the body of a create or an update. Throws KubeError. */
export const readObject = ({ c }: KubeRequest): Promise<Parsed> =>
  readValue(c, [JSON_TYPE, YAML_TYPE]);
