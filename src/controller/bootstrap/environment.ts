import type { Environment, InstanceSpec } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { SecretError, type Secrets } from '../../secrets/secrets.ts';

/** With every secret's value in its place: only ever on its way to a droplet. */
type PlainEnvironment = Readonly<Record<string, string>>;

/** What the bot itself gets: its number and features, then the class's variables, then the instance's own. */
export const botEnvironment = (spec: InstanceSpec, klass: InstanceClassSpec): Environment => ({
  ...wishes(spec),
  ...klass.bot.env,
  ...spec.env,
});

/**
 * What the bootstrap script gets: number, features, the class's variables, and where things are. Not the instance's own: the
 * script runs as root, and whoever may run bots need not be trusted with that (LD_PRELOAD, BASH_ENV, BOT_REPOSITORY).
 */
export const scriptEnvironment = (
  spec: InstanceSpec,
  klass: InstanceClassSpec,
  botRepository: string,
): Environment => aroundTheBot({ ...wishes(spec), ...klass.bot.env }, klass, botRepository);

const wishes = (spec: InstanceSpec): Environment => ({
  P_NUMBER: spec.numberphone,
  PROVIDER: spec.provider,
  ENABLE_APPOINTMENTS: String(spec.features.appointments),
  ENABLE_AUTO_INVITE: String(spec.features.autoInvite),
});

/** The same while nobody knows for which number: on a pool's droplet. */
export const poolEnvironment = (klass: InstanceClassSpec, botRepository: string): Environment =>
  aroundTheBot(klass.bot.env, klass, botRepository);

const aroundTheBot = (
  bot: Environment,
  klass: InstanceClassSpec,
  botRepository: string,
): Environment => ({
  BOT_REPOSITORY: botRepository,
  ...bot,
  BOT_SERVICE: klass.bot.service,
  QR_PORT: String(klass.bot.qrPort),
  PANEL_PORT: String(klass.bot.panelPort),
});

/**
 * What a run of the script is to do, as ORQUESTA_STAGE: all of it; all that needs no number, on a droplet that waits in a
 * pool, where no bot may run; or the rest of it, on a droplet that was prepared before.
 */
export type Stage = 'full' | 'prepare' | 'start';

/** Both environments of one run. */
export interface RunEnvironment {
  readonly bot: Environment;
  readonly script: Environment;
}

export const instanceRun = (
  spec: InstanceSpec,
  klass: InstanceClassSpec,
  botRepository: string,
  stage: Stage,
): RunEnvironment => ({
  bot: botEnvironment(spec, klass),
  script: { ...scriptEnvironment(spec, klass, botRepository), ORQUESTA_STAGE: stage },
});

export const poolRun = (klass: InstanceClassSpec, botRepository: string): RunEnvironment => ({
  bot: klass.bot.env,
  script: { ...poolEnvironment(klass, botRepository), ORQUESTA_STAGE: 'prepare' satisfies Stage },
});

/** Puts the secrets' values in. Throws SecretError, whose message begins with the variable's name. */
export async function withSecrets(env: Environment, secrets: Secrets): Promise<PlainEnvironment> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    plain[name] = typeof value === 'string' ? value : await secretOf(name, value, secrets);
  }
  return plain;
}

/** The values of all secrets of a run, for whoever must not tell them. Throws SecretError. */
export async function secretsOf({ bot, script }: RunEnvironment, secrets: Secrets) {
  const named = [...Object.entries(bot), ...Object.entries(script)].filter(
    ([, value]) => typeof value !== 'string',
  );
  return Object.values(await withSecrets(Object.fromEntries(named), secrets));
}

async function secretOf(
  name: string,
  { valueFrom }: Exclude<Environment[string], string>,
  secrets: Secrets,
): Promise<string> {
  try {
    return await secrets.read(valueFrom);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new SecretError(`${name}: ${error.message}`);
  }
}

/**
 * The text of a systemd EnvironmentFile: each value in double quotes, in which backslash, double quote, "$" and "`" are
 * escaped and a line break stands for itself (systemd.exec(5)).
 */
export function environmentFile(env: PlainEnvironment): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}="${value.replace(/[\\"$`]/g, '\\$&')}"\n`)
    .join('');
}
