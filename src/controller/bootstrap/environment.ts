import type { InstanceSpec } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';

type Environment = Readonly<Record<string, string>>;

/** What the bot itself gets: its number and features, then the class's variables, then the instance's own. */
export function botEnvironment(spec: InstanceSpec, klass: InstanceClassSpec): Environment {
  return {
    P_NUMBER: spec.numberphone,
    PROVIDER: spec.provider,
    ENABLE_APPOINTMENTS: String(spec.features.appointments),
    ENABLE_AUTO_INVITE: String(spec.features.autoInvite),
    ...klass.bot.env,
    ...spec.env,
  };
}

/** What the bootstrap script gets: all that the bot gets, and where things are. */
export function scriptEnvironment(
  spec: InstanceSpec,
  klass: InstanceClassSpec,
  botRepository: string,
): Environment {
  return {
    BOT_REPOSITORY: botRepository,
    ...botEnvironment(spec, klass),
    BOT_SERVICE: klass.bot.service,
    QR_PORT: String(klass.bot.qrPort),
    PANEL_PORT: String(klass.bot.panelPort),
  };
}

/**
 * The text of a systemd EnvironmentFile: each value in double quotes, in which backslash, double quote, "$" and "`" are
 * escaped and a line break stands for itself (systemd.exec(5)).
 */
export function environmentFile(env: Environment): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}="${value.replace(/[\\"$`]/g, '\\$&')}"\n`)
    .join('');
}
