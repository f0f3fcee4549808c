import { isKubePath } from '../../src/api/kube/path.ts';
import type { FuzzRequest } from './requests.ts';

export interface FuzzAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers: string;
  readonly text: string;
}

/** Of a stack, or of where the program lies. */
const INSIDES = /\n\s+at |node_modules|\/src\/[a-z]|\.ts:\d|node:internal|file:\/\/\/[^e]/;

/** What is wrong with an answer; undefined when nothing is. `secrets`: what no answer may hold. */
export function wrongWith(
  { method, path }: Pick<FuzzRequest, 'method' | 'path'>,
  { status, type, headers, text }: FuzzAnswer,
  secrets: readonly string[],
): string | undefined {
  if (status >= 500) return `the answer is ${status}`;
  const leaked = secrets.find((secret) => text.includes(secret) || headers.includes(secret));
  if (leaked !== undefined) return 'the answer holds a secret';
  if (/^(x-evil|set-cookie):|evil\.example/im.test(headers))
    return `the headers are the caller's: ${headers}`;
  if (status < 400) return undefined;
  if (INSIDES.test(text)) return 'the answer tells of the insides';
  if (method === 'HEAD') return undefined;
  if (type !== 'application/json') return `the content type of a refusal is ${type}`;
  const told = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (told['kind'] === 'Status') {
    if (!isKubePath(pathOf(path))) return 'a Status where the facade answers';
    return told['status'] === 'Failure' && told['code'] === status && told['reason']
      ? undefined
      : 'this is no Status of this code';
  }
  if (isKubePath(pathOf(path)) && !path.includes('%')) return 'no Status where Kubernetes answers';
  return told['success'] === false && typeof told['error'] === 'string' && told['error'] !== ''
    ? undefined
    : 'this is no {success: false, error}';
}

const pathOf = (path: string): string => {
  const { pathname } = new URL(`http://a${path}`);
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
};
