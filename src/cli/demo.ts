import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderUnicodeCompact } from 'uqr';
import { type Clock, systemClock } from '../clock.ts';
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { startOrquesta } from '../main.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import { startEmbeddedRedis } from './embedded-redis.ts';
import { Progress } from './progress.ts';

const USAGE = `Usage: orquesta demo [options]

Runs Orquesta on this machine without any account: a Redis of its own, a simulated DigitalOcean whose droplets really
run, and the program itself. Declares one bot and shows how it comes up.

  --once         end when the bot is up (exit code 0) or has failed (1)
  --port N       of the API (default: 3000, or a free one when that is taken)
  --verbose      print the program's log
  --help
`;

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const MANIFEST = file('manifests/examples/instance.yaml');
const NUMBER = '573332221111';
/** The bot is up within 15 s; a loaded machine gets its time. */
const LIMIT_MS = 120_000;
/** A bot that just started asks WhatsApp for its code first. */
const QR_LIMIT_MS = 10_000;

interface Status {
  readonly status: string;
  readonly progress: number;
  readonly error: string | null;
  readonly instanceInfo: { readonly ip: string | null } | null;
}

/** The main job on one machine, from nothing to a QR. Answers the exit code. */
export async function demo(argv: readonly string[]): Promise<number> {
  let options: { once: boolean; verbose: boolean; help: boolean; port?: string | undefined };
  try {
    options = parseArgs({
      args: [...argv],
      options: {
        once: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        port: { type: 'string' },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return run({ ...options, stop: stop.signal, clock: systemClock });
}

async function run(options: {
  readonly once: boolean;
  readonly verbose: boolean;
  readonly port?: string | undefined;
  readonly stop: AbortSignal;
  readonly clock: Clock;
}): Promise<number> {
  const { once, verbose, stop, clock } = options;
  const dir = mkdtempSync(join(tmpdir(), 'orquesta-demo-'));
  // Where there is no bubblewrap the droplets are another user's processes, who must get at their own folder, and at no other.
  chmodSync(dir, 0o711);
  mkdirSync(join(dir, 'redis'), { mode: 0o700 });
  const secret = () => randomBytes(12).toString('hex');
  /** Closed in the reverse order of their start. */
  const started: (() => Promise<void>)[] = [
    async () => rmSync(dir, { recursive: true, force: true }),
  ];
  try {
    const redis = await startEmbeddedRedis({
      dir: join(dir, 'redis'),
      configFile: file('redis.conf'),
      clock,
      log: console.log,
    });
    started.push(() => redis.close());
    const token = secret();
    const simulator = await startSimulator({
      dataDir: join(dir, 'cloud'),
      sshPort: 2222,
      token,
      clock,
    });
    started.push(() => simulator.close());
    const key = secret();
    const config = readConfig({
      PORT: options.port ?? String(await freePort(3000)),
      API_KEY: key,
      REDIS_URL: redis.url,
      DIGITALOCEAN_API_URL: simulator.url,
      DIGITALOCEAN_TOKEN: token,
      DIGITALOCEAN_SSH_PASSWORD: secret(),
      SSH_PORT: String(simulator.sshPort),
      ORQUESTA_CLASSES_DIR: file('examples/classes'),
      ORQUESTA_PORT_MAP_FILE: simulator.portMapFile,
    });
    const log = createLog({ level: verbose ? 'info' : 'error', format: 'pretty' });
    const orquesta = await startOrquesta(config, log);
    started.push(() => orquesta.close());
    const url = orquesta.url ?? '';

    console.log(`Redis, the simulated cloud and Orquesta run. The API is at ${url}`);
    console.log(`Declaring bot-${NUMBER} from manifests/examples/instance.yaml`);
    const last = await watchItComplete(url, key, stop, clock);
    if (last?.status !== 'completed') {
      if (stop.aborted) return 130;
      console.error(`The bot did not come up: ${last?.error ?? `still ${last?.status}`}`);
      const path = `/api/instance/logs/${NUMBER}?format=text`;
      const printed = await fetch(`${url}${path}`, { headers: { 'x-api-key': key } });
      if (printed.ok) console.error(`What its preparation printed last:\n${await printed.text()}`);
      return 1;
    }
    await showTheBot(last.instanceInfo?.ip ?? '', simulator, clock);
    if (once) return 0;
    console.log(`\nSee it: open ${url} in a browser, and sign in with the key ${key}
Try it:
  curl -H 'x-api-key: ${key}' ${url}/api/instance/status/${NUMBER}
  curl -H 'x-api-key: ${key}' -H 'content-type: application/json' -d '{"numberphone":"+57 333 222 2222"}' ${url}/api/instance/create
Ctrl-C ends all of it and leaves nothing behind.`);
    await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    console.log('\nStopping');
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    for (const end of started.reverse()) await end();
  }
}

/** Applies the manifest as any client would, and follows the instance until it is completed or failed. */
async function watchItComplete(
  url: string,
  key: string,
  stop: AbortSignal,
  clock: Clock,
): Promise<Status | undefined> {
  const headers = { 'x-api-key': key };
  const signal = AbortSignal.any([stop, AbortSignal.timeout(LIMIT_MS)]);
  const progress = new Progress(process.stdout, clock);
  let last: Status | undefined;
  try {
    const applied = await fetch(`${url}/api/apply`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/yaml' },
      body: readFileSync(MANIFEST),
      signal,
    });
    if (!applied.ok) throw new Error(`The manifest was refused: ${await applied.text()}`);
    const events = await fetch(`${url}/api/instance/events/${NUMBER}`, { headers, signal });
    for await (const status of statuses(events)) {
      last = status;
      progress.show(status);
      if (status.status === 'completed' || status.status === 'failed') break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.end();
  }
  return last;
}

/** The `status` events of a stream of server-sent events. */
async function* statuses(response: Response): AsyncGenerator<Status> {
  let text = '';
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += Buffer.from(piece).toString('utf8');
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (event.startsWith('event: status') && data !== undefined) yield JSON.parse(data) as Status;
    }
  }
}

/** The QR that the bot shows, as a customer would scan it. */
async function showTheBot(ip: string, simulator: Simulator, clock: Clock): Promise<void> {
  const reach = reachOf(ip, simulator);
  const until = clock.now() + QR_LIMIT_MS;
  let qr: string | undefined;
  while (qr === undefined && clock.now() < until) {
    const answer = await fetch(`${reach(5432)}/api/status`);
    qr = ((await answer.json()) as { qr?: string }).qr;
    if (qr === undefined) await clock.sleep(100);
  }
  if (qr !== undefined) console.log(`\n${renderUnicodeCompact(qr)}`);
  console.log(`The bot's QR is at ${reach(3008)}`);
}

function reachOf(ip: string, { portMapFile }: Simulator): (port: number) => string {
  if (!portMapFile) return (port) => `http://${ip}:${port}`;
  const map = JSON.parse(readFileSync(portMapFile, 'utf8')) as Record<string, string>;
  return (port) => `http://${map[`${ip}:${port}`] ?? `${ip}:${port}`}`;
}

/** The wanted port, or any other when it is taken. */
async function freePort(wanted: number): Promise<number> {
  const tryPort = (port: number) =>
    new Promise<number | undefined>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(undefined));
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        const taken = typeof address === 'object' && address ? address.port : port;
        server.close(() => resolve(taken));
      });
    });
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}
