import type { Logger } from '../log.ts';
import type { Instance } from '../resources/instance.ts';
import type { InstanceClassSpec } from '../resources/instance-class.ts';
import { SecretError, type Secrets } from '../secrets/secrets.ts';
import { type Shell, ShellError, type ShellTarget } from '../ssh/shell.ts';
import type { ErrandAnswer } from '../store/errands.ts';
import type { Store } from '../store/store.ts';
import { blotted } from './blot.ts';
import { botEnvironment, withSecrets } from './bootstrap/environment.ts';

const LINES = 500;
/** The last of so many bytes: Redis and a browser have to carry it. */
const MAX_BYTES = 256 * 1024;
const LIMIT_MS = 15_000;

export interface BotJournalDeps {
  readonly store: Store;
  readonly shell: Shell;
  readonly secrets: Secrets;
  /** For classes that name no SSH port of their own. */
  readonly sshPort: number;
  readonly log: Logger;
}

const no = (problem: string): ErrandAnswer => ({ ok: false, problem });

/** The last lines that the bot's service has written, with the values of its variables blotted out. Never throws. */
export async function readBotJournal(
  name: string,
  { store, shell, secrets, sshPort, log }: BotJournalDeps,
  signal: AbortSignal,
): Promise<ErrandAnswer> {
  try {
    const instance = await store.get('Instance', name);
    const klass = instance && (await store.get('InstanceClass', instance.spec.className));
    const target = instance && klass && targetOf(instance, klass.spec, sshPort);
    if (!target) return no('The droplet has not been logged into yet.');
    const session = await shell.open(target, signal);
    const { service } = klass.spec.bot;
    const command = `LC_ALL=C journalctl --unit='${service}' --lines=${LINES} --no-pager --output=short-iso`;
    const result = await session.exec(command, { timeoutMs: LIMIT_MS, signal });
    if (result.exitCode !== 0) {
      return no(`journalctl ended with exit code ${result.exitCode} for ${service}.`);
    }
    const values = await valuesOf(instance, klass.spec, secrets);
    if (!values)
      return no('A secret of the bot cannot be read, so that it could not be blotted out.');
    return { ok: true, text: lastBytes(blotted(result.stdout, values)) };
  } catch (error) {
    if (error instanceof ShellError) return no(error.message);
    log.warn({ err: error, instance: name }, 'The journal of a bot could not be read');
    return no('The journal could not be read; the log of the controller says why.');
  }
}

/** Only where the bootstrap has been: with the host key that is pinned, never on first use. */
function targetOf(
  { status }: Instance,
  klass: InstanceClassSpec,
  sshPort: number,
): ShellTarget | undefined {
  const { ssh, ip, dropletId } = status ?? {};
  if (!ssh?.isUp || ssh.dropletId !== dropletId || ip === undefined) return undefined;
  return {
    host: ip,
    port: klass.ssh.port ?? sshPort,
    user: klass.ssh.user,
    hostKey: ssh.hostKey,
  };
}

async function valuesOf(
  { spec }: Instance,
  klass: InstanceClassSpec,
  secrets: Secrets,
): Promise<readonly string[] | undefined> {
  const { P_NUMBER: _, ...environment } = botEnvironment(spec, klass);
  try {
    return Object.values(await withSecrets(environment, secrets));
  } catch (error) {
    if (error instanceof SecretError) return undefined;
    throw error;
  }
}

function lastBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_BYTES) return text;
  const kept = bytes.subarray(bytes.length - MAX_BYTES);
  return kept.subarray(kept.indexOf('\n') + 1).toString('utf8');
}
