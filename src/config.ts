import { z } from 'zod';
import { parseApiKeys } from './api/access/keys.ts';
import { parseRedisUrl, RedisUrlError } from './store/redis-url.ts';
import { parseEncryptionKeys } from './store/seal.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const text = z.string().min(1);
const url = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });

/** Every variable that the program reads: name, type, default, and why it is there. `.env.example` says the same for people. */
const schema = z.object({
  PORT: port.default(3000),
  /** Loopback unless told otherwise; a container's own loopback would be of no use to anyone. */
  HOST: text.optional(),
  /** One or several keys, separated by commas, so that keys can be rotated; each may have a name and a role. */
  API_KEY: text.superRefine(mustBeApiKeys).optional(),
  /** Origins whose web pages may call the API, separated by commas. Left out: none. */
  CORS_ORIGINS: z
    .string()
    .regex(
      /^https?:\/\/[^\s/,]+(\s*,\s*https?:\/\/[^\s/,]+)*$/,
      'must be origins like https://panel.example.com, separated by commas',
    )
    .optional(),
  /** What one key may ask for on the average; twice as much at once. */
  API_REQUESTS_PER_SECOND: z.coerce.number().positive().max(1_000_000).default(1_000),
  /** Watches, events and logs that one key may follow at a time, in each process. */
  API_STREAMS_PER_KEY: z.coerce.number().int().positive().max(1_000_000).default(1_000),
  /** key: /metrics needs one of the keys too. */
  METRICS_AUTH: z.enum(['none', 'key']).default('none'),

  /** Where "orquesta apply" and "get" find the API. Left out: on this machine, at PORT. */
  ORQUESTA_URL: url.optional(),

  DIGITALOCEAN_TOKEN: text.optional(),
  DIGITALOCEAN_API_URL: url.default('https://api.digitalocean.com'),
  /** Image of classes and droplets that keep the default one: a slug, or the id of a snapshot. */
  DIGITALOCEAN_IMAGE: text.optional(),
  /** Password of root on new droplets where no key is given; goes out only as a hash. */
  DIGITALOCEAN_SSH_PASSWORD: text.optional(),

  SSH_PORT: port.default(22),
  /** Preferred to the password. Left out together with it: Orquesta makes a key of its own. */
  SSH_PRIVATE_KEY_FILE: text.optional(),
  /** strict: a droplet must present the host key that user_data gave it. accept-new: trust the first one seen, for images whose cloud-init can't set it. */
  SSH_HOST_KEY_POLICY: z.enum(['strict', 'accept-new']).default('strict'),

  REDIS_HOST: text.default('localhost'),
  REDIS_PORT: port.default(6379),
  REDIS_USERNAME: text.optional(),
  REDIS_PASSWORD: text.optional(),
  REDIS_DB: z.coerce.number().int().min(0).default(0),
  /** Wins over the five above. */
  REDIS_URL: text.superRefine(mustBeRedisUrl).optional(),
  /** A write of the store is answered once so many replicas have it, or fails: a failover then loses none that was answered. */
  REDIS_WAIT_REPLICAS: z.coerce.number().int().min(0).max(10).default(0),
  /** Begins every key; several Orquestas may share one Redis. In a Redis Cluster it must hold a hash tag, like "{orquesta}". */
  REDIS_PREFIX: text.default('orquesta'),

  /** Seals what is private in Redis: 32 random bytes as base64 or hex. Several, separated by commas: the first seals, all open. */
  ORQUESTA_ENCRYPTION_KEY: text.superRefine(mustBeEncryptionKeys).optional(),

  /** Variables of this program that bots' secrets may come from, separated by commas. Left out: all but the program's own. */
  ORQUESTA_SECRET_ENV: text.optional(),
  /** The only folder that bots' secrets may come from. */
  ORQUESTA_SECRETS_DIR: text.default('/run/secrets'),

  /** Told of what happens to instances; one or several, separated by commas. */
  WEBHOOK_URL: text.superRefine(mustBeUrls).optional(),
  /** Signs every call, so that receivers can tell ours from forged ones. */
  WEBHOOK_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),

  TLS_CERT_FILE: text.optional(),
  TLS_KEY_FILE: text.optional(),
  /** A folder in which the program makes a certificate of its own and keeps it. */
  TLS_SELF_SIGNED_DIR: text.optional(),
  /** More names and addresses for that certificate, separated by commas. */
  TLS_NAMES: text.optional(),

  ORQUESTA_ROLE: z.enum(['all', 'api', 'controller']).default('all'),
  /** InstanceClass files that are applied at start where they differ from what is stored. Left out: the program's own manifests/classes. */
  ORQUESTA_CLASSES_DIR: text.optional(),
  /** Passes that one controller process runs at a time; most of them wait for a droplet. */
  ORQUESTA_CONCURRENCY: z.coerce.number().int().min(1).max(10_000).default(500),
  /** Where droplets are reached that have no address of their own on this machine; written by the simulator. */
  ORQUESTA_PORT_MAP_FILE: text.optional(),
  /** What the default class clones onto a droplet. */
  BOT_REPOSITORY: text.default('https://github.com/ossavemu/ClientFyAdmin'),

  /** Where traces go, by OTLP over HTTP, like http://127.0.0.1:4318. Left out: none are made. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),

  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Left out: pretty in a terminal, json otherwise. */
  LOG_FORMAT: z.enum(['pretty', 'json']).optional(),
});

export type Config = z.infer<typeof schema>;

function mustBeRedisUrl(value: string, context: z.RefinementCtx): void {
  try {
    parseRedisUrl(value);
  } catch (error) {
    if (!(error instanceof RedisUrlError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}

function mustBeEncryptionKeys(value: string, context: z.RefinementCtx): void {
  mustParse(() => parseEncryptionKeys(value), context);
}

function mustBeApiKeys(value: string, context: z.RefinementCtx): void {
  mustParse(() => parseApiKeys(value), context);
}

function mustParse(parse: () => unknown, context: z.RefinementCtx): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}

function mustBeUrls(value: string, context: z.RefinementCtx): void {
  for (const one of value.split(',')) {
    if (!url.safeParse(one.trim()).success) {
      const message = 'must be http:// or https:// URLs, separated by commas';
      context.addIssue({ code: 'custom', message });
    }
  }
}

/** The settings can't be used as they are. The message has one line per variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The program's own: whatever is named like a setting, and what steers Node and npm. */
const OWN_VARIABLE = /^(ORQUESTA|REDIS|DIGITALOCEAN|SSH|TLS|WEBHOOK|OTEL|NODE|NPM)_/i;

/** Whether a variable of the environment is kept from bots. */
export function isHiddenVariable(name: string, { ORQUESTA_SECRET_ENV }: Config): boolean {
  if (ORQUESTA_SECRET_ENV === undefined) return name in schema.shape || OWN_VARIABLE.test(name);
  return !ORQUESTA_SECRET_ENV.split(',').some((one) => one.trim() === name);
}

/** Files and folders that are kept from bots, though they may lie where bots' secrets do: a container has one folder for both. */
export const ownFiles = (config: Config): readonly string[] =>
  [
    config.SSH_PRIVATE_KEY_FILE,
    config.TLS_KEY_FILE,
    config.TLS_SELF_SIGNED_DIR,
    '.env',
    // What a cluster gives the program to speak to it.
    '/run/secrets/kubernetes.io',
  ].filter((one) => one !== undefined);

const ON_THIS_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** What is to be said of the cloud's address, where the token would cross a network for anyone on its way to read; undefined: nothing. */
export function cleartextWarning({ DIGITALOCEAN_API_URL }: Config): string | undefined {
  const { protocol, hostname } = new URL(DIGITALOCEAN_API_URL);
  if (protocol === 'https:' || ON_THIS_MACHINE.test(hostname)) return undefined;
  return 'DIGITALOCEAN_API_URL begins with http: whoever is on the way to it can read the token, and user_data of new droplets. Use https.';
}

const TRY_IT = 'To try Orquesta out without any account, run: npm run demo';

const isCluster = (redisUrl: string | undefined): boolean =>
  redisUrl !== undefined && parseRedisUrl(redisUrl).kind === 'cluster';

/** What a role can't do without. */
function missing(config: Config): string[] {
  const lines: string[] = [];
  const { ORQUESTA_ROLE: role } = config;
  if (role !== 'controller' && !config.API_KEY) {
    lines.push('API_KEY is not set: the API would be open to anyone. Choose a long random value.');
  }
  if (role === 'controller' && config.METRICS_AUTH === 'key' && !config.API_KEY) {
    lines.push('METRICS_AUTH is key, but API_KEY is not set: /metrics could be read by nobody.');
  }
  if (role !== 'api' && !config.DIGITALOCEAN_TOKEN) {
    lines.push('DIGITALOCEAN_TOKEN is not set: no droplet can be created without it.');
  }
  const hasLogin =
    config.DIGITALOCEAN_SSH_PASSWORD ??
    config.SSH_PRIVATE_KEY_FILE ??
    config.ORQUESTA_ENCRYPTION_KEY;
  if (role !== 'api' && !hasLogin) {
    lines.push(
      'Neither SSH_PRIVATE_KEY_FILE nor DIGITALOCEAN_SSH_PASSWORD is set: no droplet could be logged into. Set one of them, or ORQUESTA_ENCRYPTION_KEY, and Orquesta makes a key of its own and keeps it sealed.',
    );
  }
  if (isCluster(config.REDIS_URL) && !/\{[^{}]+\}/.test(config.REDIS_PREFIX)) {
    lines.push(
      'REDIS_PREFIX must hold a hash tag in a Redis Cluster, so that all keys are on one node: set it to {orquesta}.',
    );
  }
  if (role !== 'api' && config.WEBHOOK_URL && !config.WEBHOOK_SECRET) {
    lines.push(
      'WEBHOOK_SECRET is not set: receivers of WEBHOOK_URL could not tell our calls from forged ones. Choose a long random value.',
    );
  }
  if (Boolean(config.TLS_CERT_FILE) !== Boolean(config.TLS_KEY_FILE)) {
    lines.push('TLS_CERT_FILE and TLS_KEY_FILE go together: set both or neither.');
  }
  if (config.TLS_CERT_FILE && config.TLS_SELF_SIGNED_DIR) {
    lines.push('TLS_CERT_FILE and TLS_SELF_SIGNED_DIR exclude each other: set one of them.');
  }
  return lines;
}

/**
 * Reads the settings from an environment, whatever is needed for a role. An empty variable counts as not set.
 * Throws ConfigError that names each wrong variable and why; values, which may be secret, are not in it.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in schema.shape && value !== ''),
  );
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  throw refused(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

/** The same, and what the role needs must be there. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const config = readSettings(env);
  const lines = missing(config);
  if (lines.length > 0) throw refused(lines);
  return config;
}

const refused = (lines: readonly string[]): ConfigError =>
  new ConfigError(
    [
      'Orquesta cannot start with these settings:',
      ...lines.map((line) => `  ${line}`),
      TRY_IT,
    ].join('\n'),
  );
