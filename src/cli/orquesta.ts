#!/usr/bin/env node
/** The commands of the program, by name. Each loads only what it needs. */
const commands: Readonly<
  Record<
    string,
    { readonly what: string; readonly run: (argv: readonly string[]) => Promise<number> }
  >
> = {
  serve: {
    what: 'run the API and the controller with the settings of the environment and .env',
    run: async () => (await import('../main.ts')).serve(),
  },
  demo: {
    what: 'try it out on this machine, without any account: --once ends after the bot is up',
    run: async (argv) => (await import('./demo.ts')).demo(argv),
  },
  simulator: {
    what: 'run a DigitalOcean of our own, for any client of its API',
    run: async (argv) => (await import('./simulator.ts')).simulatorCommand(argv, process.env),
  },
  kubeconfig: {
    what: 'print a kubeconfig with which kubectl speaks to this Orquesta',
    run: async (argv) => (await import('./kubeconfig.ts')).kubeconfig(argv),
  },
  apply: {
    what: 'declare what YAML or JSON files say, through the API',
    run: async (argv) => (await import('./apply.ts')).apply(argv),
  },
  get: {
    what: 'show objects as a table, YAML or JSON, through the API',
    run: async (argv) => (await import('./get.ts')).get(argv),
  },
  doctor: {
    what: 'check token, limits, classes, Redis, login, clock and ports, and say what to do',
    run: async (argv) => (await import('./doctor.ts')).doctor(argv),
  },
  export: {
    what: 'back up all objects as YAML',
    run: async (argv) => (await import('./export.ts')).exportCommand(argv),
  },
  import: {
    what: 'restore a backup, or rebuild the records from the droplets of the account',
    run: async (argv) => (await import('./import.ts')).importCommand(argv),
  },
};

const USAGE = [
  'Usage: orquesta COMMAND [options]',
  '',
  ...Object.entries(commands).map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`),
].join('\n');

// Process 1 of a container does not hear a signal that nobody listens to: one that comes while a command is still loading ends it.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(code);
  });
}
const [name = '', ...argv] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  // Ended by its code and not by an idle event loop: a library's timer must not keep a finished command alive.
  process.exit(await command.run(argv));
} else if (name === '--help' || name === 'help' || name === '') {
  console.log(USAGE);
} else {
  console.error(`orquesta: there is no command "${name}"\n\n${USAGE}`);
  process.exitCode = 2;
}
