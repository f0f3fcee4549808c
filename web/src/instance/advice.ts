import { hrefOf } from '../route.ts';

/** What can be done, and where in the dashboard, if it is not on the same page. */
export interface Advice {
  readonly text: string;
  readonly href: string | undefined;
}

/** The API names its calls at the end of what it advises: who reads that here has a view or a button for most of them. Pure. */
export function adviceOf(sentence: string, number: string): Advice {
  const [, text = '', path = ''] = /^(.*): (?:GET|POST|DELETE) (\/\S+)$/s.exec(sentence) ?? [];
  if (path.startsWith('/api/instance/logs/')) {
    return { text, href: hrefOf({ view: 'instance', number, tab: 'log' }) };
  }
  if (path === '/api/apply') return { text, href: hrefOf({ view: 'manifests' }) };
  return path.startsWith('/api/instance/')
    ? { text, href: undefined }
    : { text: sentence, href: undefined };
}
