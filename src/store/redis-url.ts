/** Where Redis is, as REDIS_URL says it. */
export type RedisPlace = RedisServer | SentinelGroup | ClusterNodes;

interface RedisServer extends Access {
  readonly kind: 'server';
  readonly host: string;
  readonly port: number;
}

/** Several servers of which one is the master; the Sentinels know which. */
export interface SentinelGroup extends Access {
  readonly kind: 'sentinel';
  readonly sentinels: readonly HostPort[];
  /** Of the master, as the Sentinels call it. */
  readonly name: string;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
}

/** Some nodes of a Redis Cluster; they know the others. */
export interface ClusterNodes extends Access {
  readonly kind: 'cluster';
  readonly nodes: readonly HostPort[];
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The same for every server of a group. */
interface Access {
  /** Encrypted, to the Sentinels as well. */
  readonly tls: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db: number;
}

/** The URL can't be used. The message says which part is wrong, and shows nothing of it: any part may hold a password by mistake. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/**
 * Reads `redis://[user:password@]host[:port][/db]`, `redis+cluster://[user:password@]host[:port][,host[:port]…]` or
 * `redis+sentinel://[user:password@]host[:port][,host[:port]…]/master-name[/db][?sentinelUsername=…&sentinelPassword=…]`;
 * `rediss` stands for TLS in all. Throws RedisUrlError and nothing else.
 */
export function parseRedisUrl(url: string): RedisPlace {
  const scheme = /^redis(s?)(?:\+(sentinel|cluster))?:\/\//i.exec(url);
  if (scheme === null) {
    throw new RedisUrlError(
      'must begin with redis://, redis+sentinel:// or redis+cluster://, or with rediss in place of redis for TLS',
    );
  }
  const [, secure, group = ''] = scheme;
  const { authority, path, query } = partsOf(url.slice(scheme[0].length));
  const at = authority.lastIndexOf('@');
  const tls = secure !== '';
  const access = { tls, ...credentials(at < 0 ? undefined : authority.slice(0, at)) };
  const hosts = authority.slice(at + 1);
  if (group.toLowerCase() === 'cluster') {
    if (query.length > 0) throw new RedisUrlError('may have no ?parameters after redis+cluster://');
    if (path.length > 0)
      throw new RedisUrlError('may have no database: a Redis Cluster has only one');
    const nodes = hosts.split(',').map((one) => hostPort(one, REDIS_PORT));
    return { kind: 'cluster', nodes, ...access, db: 0 };
  }
  if (group === '') {
    if (query.length > 0) throw new RedisUrlError('may have no ?parameters after redis://');
    if (path.length > 1) throw new RedisUrlError('may have nothing but a database after its host');
    if (hosts.includes(',')) {
      throw new RedisUrlError(
        'may name one host only; several are for redis+sentinel:// and redis+cluster://',
      );
    }
    const { host, port } = hostPort(hosts, REDIS_PORT);
    return { kind: 'server', host, port, ...access, db: database(path[0]) };
  }
  const [name = '', db, ...rest] = path;
  if (!/^[\w.-]+$/.test(name)) {
    throw new RedisUrlError(
      'must name the master after the Sentinels, like redis+sentinel://host:26379/mymaster; letters, digits, ".", "-" and "_" are allowed',
    );
  }
  if (rest.length > 0) {
    throw new RedisUrlError('may have nothing but a database after the name of the master');
  }
  return {
    kind: 'sentinel',
    sentinels: hosts.split(',').map((one) => hostPort(one, SENTINEL_PORT)),
    name,
    ...access,
    ...sentinelCredentials(query),
    db: database(db),
  };
}

/** For people: hosts and ports alone. */
export function describePlace(place: RedisPlace): string {
  if (place.kind === 'server') return shown(place);
  if (place.kind === 'cluster') return `the cluster of ${place.nodes.map(shown).join(', ')}`;
  return `the master "${place.name}" of the Sentinels ${place.sentinels.map(shown).join(', ')}`;
}

const shown = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

function partsOf(text: string): { authority: string; path: string[]; query: [string, string][] } {
  const [, authority = '', path = '', query = '', fragment = ''] =
    /^([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text) ?? [];
  // What follows would be a path, and what is before it no host but half of a password.
  if ([path, query, fragment].some((part) => part.includes('@'))) {
    throw new RedisUrlError(
      'must have "/", "?", "#" and "@" in its password as %2F, %3F, %23, %40',
    );
  }
  if (fragment !== '') throw new RedisUrlError('may have no "#"');
  const steps = path.replace(/^\//, '').replace(/\/$/, '').split('/');
  return {
    authority,
    path: path.replaceAll('/', '') === '' ? [] : steps,
    query: [...new URLSearchParams(query)],
  };
}

function credentials(userinfo: string | undefined): Pick<Access, 'username' | 'password'> {
  if (userinfo === undefined) return {};
  const colon = userinfo.indexOf(':');
  if (colon < 0) {
    throw new RedisUrlError('must have user:password or :password before its "@"');
  }
  const username = decoded(userinfo.slice(0, colon));
  const password = decoded(userinfo.slice(colon + 1));
  return { ...(username === '' ? {} : { username }), password };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('must have "%" in its user and password as %25');
  }
}

function sentinelCredentials(
  query: readonly [string, string][],
): Pick<SentinelGroup, 'sentinelUsername' | 'sentinelPassword'> {
  const known = ['sentinelUsername', 'sentinelPassword'];
  if (query.some(([name]) => !known.includes(name))) {
    throw new RedisUrlError(`may have no ?parameters but ${known.join(' and ')}`);
  }
  return Object.fromEntries(query);
}

function hostPort(text: string, defaultPort: number): HostPort {
  const [, bracketed, plain, digits] =
    /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(.*))?$/is.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) {
    throw new RedisUrlError(
      'must have host or host:port after its "//"; an IPv6 address stands in [brackets]',
    );
  }
  const port = digits === undefined ? defaultPort : wholeNumber(digits, 65_535);
  if (port === undefined || port === 0) {
    throw new RedisUrlError('must have a port from 1 to 65535 after each ":" of its hosts');
  }
  return { host, port };
}

function database(text = '0'): number {
  const db = wholeNumber(text, 1_000_000);
  if (db === undefined) throw new RedisUrlError('must have a number as its database');
  return db;
}

const wholeNumber = (text: string, max: number): number | undefined =>
  /^\d{1,7}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
