import { API_GROUP, VERSION } from '../group.ts';
import type { KubePath } from '../path.ts';
import type { KubeRequest } from '../request.ts';
import { json, jsonText } from '../respond.ts';
import { OPENAPI_V2_TYPE, openapiV2 } from './v2.ts';
import { documents, index } from './v3.ts';

/** Made at the first request: the schemas never change while the program runs. */
export class OpenApi {
  #v2: Buffer | undefined;
  #v3: Readonly<Record<string, string>> | undefined;

  answer(
    document: Extract<KubePath, { type: 'openapi' }>['document'],
    request: KubeRequest,
  ): Response {
    if (document === 'v2') {
      this.#v2 ??= openapiV2();
      return request.c.body(new Uint8Array(this.#v2), 200, { 'content-type': OPENAPI_V2_TYPE });
    }
    this.#v3 ??= documents();
    if (document === 'v3') return json(request, index(this.#v3));
    const path = document === 'v3-core' ? 'api/v1' : `apis/${API_GROUP}/${VERSION}`;
    return jsonText(request, this.#v3[path] ?? '{}');
  }
}
