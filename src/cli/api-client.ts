import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import axios from 'axios';
import { plainKeyOf } from '../api/access/keys.ts';
import type { Config } from '../config.ts';

const LIMIT_MS = 30_000;

/** The API said no, or nothing. The message is for people. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
}

export interface ApiClient {
  /** The body of a successful answer. Rejects with ApiRefusal. */
  ask(
    method: 'GET' | 'POST',
    path: string,
    options?: { readonly accept?: string; readonly body?: string },
  ): Promise<unknown>;
}

/** Speaks to a running Orquesta: ORQUESTA_URL, else the one that these settings start on this machine; with the first plain key of API_KEY. */
export function apiClient(config: Config): ApiClient {
  const scheme = config.TLS_CERT_FILE || config.TLS_SELF_SIGNED_DIR ? 'https' : 'http';
  const base = config.ORQUESTA_URL ?? `${scheme}://127.0.0.1:${config.PORT}`;
  const key = plainKeyOf(config.API_KEY ?? '');
  const ca = ownAuthority(config);
  return {
    async ask(method, path, { accept = 'application/json', body } = {}) {
      const response = await axios
        .request<unknown>({
          url: new URL(path, base).href,
          method,
          headers: {
            accept,
            ...(key === undefined ? {} : { 'x-api-key': key }),
            ...(body === undefined ? {} : { 'content-type': 'application/yaml' }),
          },
          ...(body === undefined ? {} : { data: body }),
          ...(ca === undefined ? {} : { httpsAgent: new Agent({ ca }) }),
          maxRedirects: 0,
          proxy: false,
          timeout: LIMIT_MS,
          validateStatus: () => true,
        })
        .catch((cause: Error) => {
          const why = cause.message || String((cause as NodeJS.ErrnoException).code);
          throw new ApiRefusal(
            `Orquesta does not answer at ${base} (${why}): start it, or set ORQUESTA_URL.`,
          );
        });
      const answer = response.data;
      if (response.status >= 200 && response.status < 300) return answer;
      if (response.status === 401) {
        const what =
          key === undefined
            ? 'wants a key, and API_KEY names none that is no hash'
            : 'does not take this API_KEY';
        throw new ApiRefusal(`Orquesta at ${base} ${what}.`);
      }
      throw new ApiRefusal(reasonIn(answer) ?? `Orquesta at ${base} answers ${response.status}.`);
    },
  };
}

/** What the program itself has made is trusted by its own commands. */
function ownAuthority({ TLS_SELF_SIGNED_DIR: folder }: Config): string[] | undefined {
  const file = folder === undefined ? undefined : join(folder, 'ca.crt');
  if (file === undefined || !existsSync(file)) return undefined;
  return [...rootCertificates, readFileSync(file, 'utf8')];
}

/** Kubernetes' Status says `message`, the REST facade `error` and, of manifests, `details`. */
function reasonIn(answer: unknown): string | undefined {
  const { message, error, details } = (answer ?? {}) as Record<string, unknown>;
  if (Array.isArray(details) && details.length > 0) {
    return details
      .map((one: { document: number; line: number; message: string }) =>
        typeof one.document === 'number'
          ? `document ${one.document}, line ${one.line}: ${one.message}`
          : JSON.stringify(one),
      )
      .join('\n');
  }
  return [error, message].find((text): text is string => typeof text === 'string');
}
