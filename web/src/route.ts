import { signal } from '@preact/signals';

export const TABS = ['overview', 'timeline', 'events', 'log', 'yaml'] as const;
export type Tab = (typeof TABS)[number];

/** A place of the dashboard. It stands in the part of the address after "#", which never reaches the server. */
export type Route =
  | { readonly view: 'fleet'; readonly query: string }
  | { readonly view: 'instance'; readonly number: string; readonly tab: Tab }
  | { readonly view: 'create' }
  | { readonly view: 'manifests'; readonly plural?: string; readonly name?: string }
  | { readonly view: 'pools' }
  | { readonly view: 'costs' }
  | { readonly view: 'unknown' };

/** The place that an address's hash means, like `#/instances/573332221111/log`. Pure. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const [first = '', second, third] = path.split('/').filter(Boolean).map(decoded);
  switch (first) {
    case '':
      return { view: 'fleet', query };
    case 'instances': {
      if (second === undefined) return { view: 'fleet', query };
      const tab = third ?? 'overview';
      return isTab(tab) ? { view: 'instance', number: second, tab } : { view: 'unknown' };
    }
    case 'new':
      return { view: 'create' };
    case 'manifests':
      return second && third
        ? { view: 'manifests', plural: second, name: third }
        : { view: 'manifests' };
    case 'pools':
      return { view: 'pools' };
    case 'costs':
      return { view: 'costs' };
    default:
      return { view: 'unknown' };
  }
}

/** The hash of a place: `parseRoute` the other way. Pure. */
export function hrefOf(route: Exclude<Route, { view: 'unknown' }>): string {
  switch (route.view) {
    case 'fleet':
      return route.query ? `#/?${route.query}` : '#/';
    case 'instance': {
      const path = `#/instances/${encodeURIComponent(route.number)}`;
      return route.tab === 'overview' ? path : `${path}/${route.tab}`;
    }
    case 'create':
      return '#/new';
    case 'manifests':
      return route.plural && route.name
        ? `#/manifests/${encodeURIComponent(route.plural)}/${encodeURIComponent(route.name)}`
        : '#/manifests';
    case 'pools':
      return '#/pools';
    case 'costs':
      return '#/costs';
  }
}

const isTab = (text: string): text is Tab => (TABS as readonly string[]).includes(text);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal<Route>({ view: 'fleet', query: '' });

/** Follows the address from now on. */
export function followAddress(): void {
  const read = () => {
    route.value = parseRoute(location.hash);
  };
  addEventListener('hashchange', read);
  read();
}

export function go(to: Exclude<Route, { view: 'unknown' }>): void {
  location.hash = hrefOf(to);
}
