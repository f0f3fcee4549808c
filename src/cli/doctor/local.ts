import { readFileSync, statSync } from 'node:fs';
import { connect, createServer, isIPv6 } from 'node:net';
import { guessableKeysOf, LEAST_UNGUESSABLE } from '../../api/access/keys.ts';
import { type Config, cleartextWarning } from '../../config.ts';
import type { Dial } from '../../dial.ts';
import type { Droplet } from '../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { authorizedKey } from '../../ssh/authorized-key.ts';
import { privateKeysIn } from '../../ssh/private-keys.ts';
import { type Check, failed, ok, warning } from './check.ts';

const LEAST_PASSWORD = 16;
const KNOCK_MS = 3_000;
/** Enough to tell a firewall on our side from a droplet that is down. */
const KNOCKED_AT = 3;

/** Whether the API's keys are too long to be guessed; undefined: there are none. */
export function checkKeys({ API_KEY: keys }: Config): Check | undefined {
  if (keys === undefined) return undefined;
  const short = guessableKeysOf(keys);
  return short.length > 0
    ? warning(
        'keys',
        `API_KEY holds keys of fewer than ${LEAST_UNGUESSABLE} characters (${short.join(', ')}): they can be guessed, and are refused while somebody at the same address guesses, as behind a proxy. Make others with: openssl rand -hex 24`,
      )
    : ok('keys', 'those of API_KEY are too long to be guessed');
}

/** Whether the token can be read on its way. */
export function checkCloudAddress(config: Config): Check {
  const warned = cleartextWarning(config);
  return warned === undefined
    ? ok('way to the cloud', 'the token is read by nobody on its way to DIGITALOCEAN_API_URL')
    : warning('way to the cloud', warned);
}

/** Whether there is a way to log in to droplets, and no one else has it; undefined: the role needs none. */
export function checkLogin(config: Config): Check | undefined {
  const { SSH_PRIVATE_KEY_FILE: file, DIGITALOCEAN_SSH_PASSWORD: password } = config;
  if (config.ORQUESTA_ROLE === 'api') return undefined;
  if (file !== undefined) return checkKeyFile(file);
  if (password === undefined) {
    return config.ORQUESTA_ENCRYPTION_KEY === undefined
      ? failed(
          'login',
          'Set SSH_PRIVATE_KEY_FILE, DIGITALOCEAN_SSH_PASSWORD or ORQUESTA_ENCRYPTION_KEY: no droplet could be logged into.',
        )
      : ok('login', 'Orquesta logs in with a key of its own, kept sealed in Redis');
  }
  const isWeak = password.length < LEAST_PASSWORD || new Set(password).size < LEAST_PASSWORD / 2;
  return isWeak
    ? warning(
        'login',
        `DIGITALOCEAN_SSH_PASSWORD is easy to guess, and droplets are knocked at by everybody: take ${LEAST_PASSWORD} random characters or more, or better SSH_PRIVATE_KEY_FILE.`,
      )
    : ok('login', 'by password; a key (SSH_PRIVATE_KEY_FILE) would be better still');
}

function checkKeyFile(file: string): Check {
  try {
    const [key = ''] = privateKeysIn(readFileSync(file, 'utf8')).map(authorizedKey);
    // Nobody but the owner may read a private key; where that is another, as in a container, we read it by its group.
    const { mode, uid } = statSync(file);
    const isOpen = (mode & (uid === process.getuid?.() ? 0o077 : 0o007)) !== 0;
    return isOpen
      ? warning('login', `Others on this machine may read ${file}: chmod 600 ${file}`)
      : ok('login', `with the ${key.split(' ')[0]} key of SSH_PRIVATE_KEY_FILE`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failed('login', `SSH_PRIVATE_KEY_FILE can't be used: ${why}.`);
  }
}

/** Whether what the classes would keep of bots' WhatsApp sessions can be sealed; undefined: nothing, or it is not this role's to do. */
export function checkSessions(
  config: Config,
  classes: ReadonlyMap<string, InstanceClassSpec>,
): Check | undefined {
  const keeping = [...classes].flatMap(([name, { session }]) => (session ? [name] : []));
  if (keeping.length === 0 || config.ORQUESTA_ROLE === 'api') return undefined;
  return config.ORQUESTA_ENCRYPTION_KEY === undefined
    ? warning(
        'sessions',
        `Classes would have WhatsApp sessions kept (${keeping.join(', ')}), which takes ORQUESTA_ENCRYPTION_KEY: set it to what "openssl rand -base64 32" prints, or every new droplet has to be linked anew.`,
      )
    : ok('sessions', `kept for the classes ${keeping.join(', ')}, sealed`);
}

/** Whether the API's port is free, or taken by Orquesta itself. */
export async function checkPort(config: Config): Promise<Check> {
  const { PORT: port, HOST: host = '127.0.0.1' } = config;
  const server = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen(port, host, () => resolve(undefined));
  });
  await new Promise((resolve) => server.close(resolve));
  if (code === undefined) return ok('port', `${host}:${port} is free`);
  if (code !== 'EADDRINUSE') {
    return failed('port', `The API can't listen on ${host}:${port} (${code}): set HOST and PORT.`);
  }
  const scheme = config.TLS_CERT_FILE || config.TLS_SELF_SIGNED_DIR ? 'https' : 'http';
  const isOurs = await fetch(`${scheme}://${reachable(host)}:${port}/version`)
    .then(async (answer) => 'version' in ((await answer.json()) as object))
    .catch(() => false);
  if (isOurs) return ok('port', `Orquesta serves at ${host}:${port}`);
  return scheme === 'https'
    ? warning(
        'port',
        `${host}:${port} is taken, by Orquesta or by another program: set PORT to another if it does not start.`,
      )
    : failed('port', `${host}:${port} is taken by another program: set PORT to another.`);
}

/** As a URL has it: nobody calls "all addresses". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return isIPv6(host) ? `[${host === '::' ? '::1' : host}]` : host;
}

/** Whether SSH gets out of here, tried at droplets that run. */
export async function checkWayOut(
  droplets: readonly Droplet[],
  port: number,
  dial: Dial,
): Promise<Check | undefined> {
  const running = droplets.filter(({ status }) => status?.state === 'active' && status.ip);
  const asked = running.slice(0, KNOCKED_AT);
  if (asked.length === 0) return undefined;
  const open = await Promise.all(
    asked.map(({ status }) => {
      const at = dial(status?.ip ?? '', port);
      return knock(at.host, at.port);
    }),
  );
  return open.some(Boolean)
    ? ok('ssh', `droplets answer at port ${port}`)
    : failed(
        'ssh',
        `None of ${asked.length} running droplets answers at port ${port}: let this machine's firewall let it out, or set SSH_PORT.`,
      );
}

function knock(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: KNOCK_MS });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
