import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { plainKeyOf } from '../api/access/keys.ts';
import { ownNames, selfSigned } from '../certificate.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { answering, complain, DONE, FAILED, print, settings, UsageError } from './terms.ts';

const USAGE = `Usage: orquesta kubeconfig [options]

Prints a kubeconfig with which kubectl speaks to this Orquesta, with the first key of API_KEY in it: keep it to yourself.

  --server URL   where the API is reached (default: ORQUESTA_URL, else this machine and PORT)
  --ca FILE      certificate of the authority to trust (default: by TLS_CERT_FILE or TLS_SELF_SIGNED_DIR)
  --name NAME    of the context (default: orquesta)
  --help
`;

/** Answers the exit code. */
export const kubeconfig = (argv: readonly string[]): Promise<number> =>
  answering(USAGE, async () => {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        server: { type: 'string' },
        ca: { type: 'string' },
        name: { type: 'string', default: 'orquesta' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      print(USAGE);
      return DONE;
    }
    const config = settings(process.env);
    const token = plainKeyOf(config.API_KEY ?? '');
    if (token === undefined) throw new UsageError('API_KEY is not set: there is no key to put in.');
    const server = values.server ?? config.ORQUESTA_URL ?? `https://127.0.0.1:${config.PORT}`;
    if (!server.startsWith('https://')) {
      throw new UsageError(
        `kubectl sends no key over plain HTTP: ${server} must be an https:// URL.`,
      );
    }
    const ca = values.ca === undefined ? await trusted(config) : readFileSync(values.ca, 'utf8');
    if (ca === undefined && values.server === undefined && config.ORQUESTA_URL === undefined) {
      complain(NO_TLS);
      return FAILED;
    }
    print(kubeconfigText({ server, token, ca, name: values.name }));
    return DONE;
  });

const NO_TLS = `kubectl sends no key over plain HTTP, and Orquesta has no certificate yet.
Set TLS_SELF_SIGNED_DIR=.orquesta/tls in .env and start Orquesta again: it makes one and keeps it there.
Where you have a certificate, set TLS_CERT_FILE and TLS_KEY_FILE instead.`;

/** A kubeconfig of one cluster. Without `ca` the machine's own authorities are trusted. */
export function kubeconfigText(given: {
  readonly server: string;
  readonly token: string;
  readonly ca: string | undefined;
  readonly name: string;
}): string {
  const { server, token, ca, name } = given;
  const trust =
    ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, ...trust } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

/** What a client must trust of these settings: nothing beside its own authorities for a certificate that one of them gave. */
async function trusted(config: Config): Promise<string | undefined> {
  if (config.TLS_CERT_FILE !== undefined) {
    const text = readFileSync(config.TLS_CERT_FILE, 'utf8');
    const chain = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    const last = new X509Certificate(chain.at(-1) ?? text);
    const isPublic = rootCertificates.some((root) => last.checkIssued(new X509Certificate(root)));
    return isPublic ? undefined : `${last.toString().trim()}\n`;
  }
  const folder = config.TLS_SELF_SIGNED_DIR;
  if (folder === undefined) return undefined;
  return (await selfSigned(folder, ownNames(config), systemClock.now())).ca;
}
