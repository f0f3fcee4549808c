import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type SimulatorOptions, startSimulator } from '../simulator/simulator.ts';

const USAGE = `Usage: orquesta simulator [options]

A DigitalOcean of our own on this machine: the v2 API, and droplets that boot in seconds.

  --port N            of the API (default 4040)
  --data FOLDER       for the droplets' disks (default .orquesta/simulator)
  --boot-seconds N    from the create to active (default 1)
  --ssh-port N        of the droplets (default 22 for root, else 2222)
  --light             droplets without machines, for tests of size
  --addressing KIND   loopback: each droplet has an address of its own, 127.x.y.z (default on Linux)
                      ports: all share 127.0.0.1 by a map of ports (default elsewhere)
  --droplet-limit N   of the account (default 200)
  --no-limits         without DigitalOcean's limits of requests
  --help

SIMULATOR_TOKEN: the only token that is taken (default: any).
`;

/** Runs the simulator until SIGINT or SIGTERM. Returns the exit code; 2: wrong arguments. */
export async function simulatorCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  let options: SimulatorOptions | undefined;
  try {
    options = readOptions(argv, env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const print = (text: string) => process.stdout.write(`${text}\n`);
  // Asked for before the start: a signal during it ends what was started.
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const simulator = await startSimulator({ ...options, log: print }).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    return undefined;
  });
  if (simulator === undefined) return 1;
  const token = options.token === undefined ? 'any token' : 'the token of SIMULATOR_TOKEN';
  const machines =
    simulator.sandbox === undefined
      ? 'The droplets have no machines.'
      : `The droplets' commands run in ${SANDBOXES[simulator.sandbox]}; SSH is at their port ${simulator.sshPort}.`;
  const lines = [
    `The simulator listens on ${simulator.url} and takes ${token}.`,
    machines,
    '',
    'With Orquesta:',
    `  DIGITALOCEAN_API_URL=${simulator.url} DIGITALOCEAN_TOKEN=simulator SSH_PORT=${simulator.sshPort}`,
    ...(simulator.portMapFile === undefined
      ? []
      : [`  ORQUESTA_PORT_MAP_FILE=${simulator.portMapFile}`]),
    'With any other client of DigitalOcean:',
    `  curl -H 'Authorization: Bearer simulator' ${simulator.url}/v2/droplets`,
    `  doctl --api-url ${simulator.url} --access-token simulator compute droplet list`,
    'Faults, and what was ever made:',
    `  ${simulator.url}/simulator/faults  ${simulator.url}/simulator/ledger`,
  ];
  print(lines.join('\n'));
  await ended;
  print('Ending the droplets.');
  await simulator.close();
  return 0;
}

const SANDBOXES = {
  bubblewrap: 'bubblewrap, kept from this machine',
  plain: 'plain processes of this machine (install bubblewrap to keep them apart)',
} as const;

/** undefined: help is wanted. Throws with a sentence. */
function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SimulatorOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      'boot-seconds': { type: 'string' },
      'ssh-port': { type: 'string' },
      'droplet-limit': { type: 'string' },
      addressing: { type: 'string' },
      light: { type: 'boolean' },
      'no-limits': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const number = (name: string, text: string | undefined, most: number): number | undefined => {
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0 && value <= most)) {
      throw new Error(`--${name} must be a number from 0 to ${most}, not "${text}".`);
    }
    return value;
  };
  const { addressing } = values;
  if (addressing !== undefined && addressing !== 'loopback' && addressing !== 'ports') {
    throw new Error(`--addressing must be loopback or ports, not "${addressing}".`);
  }
  const bootMs = (number('boot-seconds', values['boot-seconds'], 86_400) ?? 1) * 1000;
  const dropletLimit = number('droplet-limit', values['droplet-limit'], 65_024);
  return {
    port: number('port', values.port, 65_535) ?? 4040,
    dataDir: values.data ?? join('.orquesta', 'simulator'),
    sshPort: number('ssh-port', values['ssh-port'], 65_535),
    light: values.light,
    addressing,
    token: env['SIMULATOR_TOKEN'] || undefined,
    limits: values['no-limits'] ? false : undefined,
    account: {
      bootMs: { least: bootMs * 0.8, most: bootMs * 1.3 },
      addressLeadMs: { least: bootMs * 0.2, most: bootMs * 0.4 },
      ...(dropletLimit === undefined ? {} : { dropletLimit }),
    },
  };
}
