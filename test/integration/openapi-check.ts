import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Hono } from 'hono';
import { openApiDocument } from '../../src/api/openapi/document.ts';

interface Media {
  readonly schema?: object;
}
interface Described {
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, Media> }>>;
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** What has a description of its own, or is a file. */
const ELSEWHERE = /^\/(apis?\/?$|apis\/|api\/v1|openapi|version$|docs|assets\/|$)/;
/** Where references of the document lead. */
const ROOT = 'urn:orquesta:openapi';
const REFUSALS = [400, 401, 403, 404, 405, 413, 415, 429, 500, 503];

/** Compares what an app answers with what its own description says. */
export class OpenApiCheck {
  readonly mismatches: string[] = [];
  readonly document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: false });
  readonly #validators = new Map<object, ValidateFunction>();

  constructor(app: Hono) {
    this.document = openApiDocument(app, '1.2.3') as unknown as OpenApi;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: ROOT, components: this.document.components });
  }

  /** Lets every request to the app be checked from here on. */
  attach(app: Hono): void {
    const fetch = app.fetch;
    app.fetch = async (request, ...rest) => {
      const response = await fetch(request, ...rest);
      await this.#check(request, response);
      return response;
    };
  }

  assert(): void {
    if (this.mismatches.length > 0) {
      throw new Error(`Answers differ from openapi.json:\n${this.mismatches.join('\n')}`);
    }
  }

  /** undefined: as described; else why not. */
  problemWith(schema: object, value: unknown): string | undefined {
    let validate = this.#validators.get(schema);
    if (!validate) {
      const text = JSON.stringify(schema).replaceAll('"#/components', `"${ROOT}#/components`);
      validate = this.#ajv.compile(JSON.parse(text) as object);
      this.#validators.set(schema, validate);
    }
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  async #check(asked: Request, response: Response): Promise<void> {
    const pathname = decoded(new URL(asked.url).pathname);
    const tell = (what: string) =>
      this.mismatches.push(`${asked.method} ${pathname.slice(0, 100)} ${response.status}: ${what}`);
    const method = asked.method === 'HEAD' ? 'get' : asked.method.toLowerCase();
    const template = this.#templateOf(pathname);
    const described = template ? this.document.paths[template]?.[method] : undefined;
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const body = async (): Promise<unknown> =>
      asked.method === 'HEAD'
        ? undefined
        : response
            .clone()
            .json()
            .catch(() => 'This is no JSON');

    if (!described) {
      if (method === 'options' || ELSEWHERE.test(pathname)) return;
      if (!REFUSALS.includes(response.status)) return void tell('this call is not described');
      return this.#mustFit(this.document.components.schemas['Error'], await body(), tell);
    }
    const content = described.responses[response.status]?.content;
    if (!content) return void tell('this status is not described');
    const media = content[type];
    if (!media) return void tell(`the content type ${type} is not described`);
    if (type === 'application/json') this.#mustFit(media.schema, await body(), tell);
  }

  /** A body that was taken must be allowed by the description. */
  taken(method: string, path: string, body: unknown): void {
    const template = this.#templateOf(path.split('?')[0] ?? '');
    const described =
      template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    const schema = described?.requestBody?.content['application/json']?.schema;
    if (!schema) return;
    this.#mustFit(schema, body, (what) =>
      this.mismatches.push(`${method} ${path} took what its description forbids: ${what}`),
    );
  }

  #mustFit(schema: object | undefined, value: unknown, tell: (what: string) => void): void {
    if (value === undefined) return;
    const problem = schema ? this.problemWith(schema, value) : 'no schema';
    if (problem) tell(`${problem} in ${JSON.stringify(value).slice(0, 300)}`);
  }

  /** The described path that fits, a literal one before one with parameters. */
  #templateOf(pathname: string): string | undefined {
    const given = pathname.split('/');
    const fitting = Object.keys(this.document.paths).filter((template) => {
      const wanted = template.split('/');
      return (
        wanted.length === given.length &&
        wanted.every((part, index) =>
          part.startsWith('{') ? given[index] !== '' : part === given[index],
        )
      );
    });
    return fitting.toSorted((a, b) => a.split('{').length - b.split('{').length)[0];
  }
}

/** As the router reads it, where it can be read. */
function decoded(pathname: string): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}
