import { ApiFailure } from '../api/http.ts';
import { messages } from '../i18n/index.ts';

/** What an error tells whoever looks: the server's own sentence, or that it does not answer at all. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiFailure && error.status === 0) return messages.value.login.unreachable;
  return error instanceof Error ? error.message : String(error);
}
