import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { applyClasses, OWN_CLASSES } from './classes.ts';
import { systemClock } from './clock.ts';
import { type Config, ConfigError, cleartextWarning, readConfig } from './config.ts';
import { boundGarbage } from './heap.ts';
import { createLog, type Logger } from './log.ts';
import { mustAnswer } from './open-redis.ts';
import { durabilityWarnings } from './store/redis.ts';
import { migrate } from './store/schema.ts';
import { openPorts } from './wiring/ports.ts';
import { startRequests } from './wiring/requests.ts';
import { startWork } from './wiring/work.ts';

export interface Orquesta {
  /** Where it listens, like http://127.0.0.1:3000; undefined for a controller that can't, which works all the same. */
  readonly url: string | undefined;
  /** Ends or hands over the work in hand, then stops. */
  close(): Promise<void>;
}

/** Told to stop, the program is gone after so long, whatever does not end: nothing is lost by leaving, and a service manager would kill it. */
const STOP_LIMIT_MS = 9_000;

/** Wires the adapters to the ports, for the roles that the settings name, and starts them. Rejects with a sentence when that can't be done. */
export async function startOrquesta(config: Config, log: Logger): Promise<Orquesta> {
  const ports = await openPorts(config, log);
  const { redis, prefix, clock, store, objects, closers } = ports;
  const close = async () => {
    for (const stop of closers.reverse()) await stop();
  };
  try {
    await mustAnswer(redis, config);
    for (const warning of await durabilityWarnings(redis)) log.warn(warning);
    const warning = config.ORQUESTA_ROLE === 'api' ? undefined : cleartextWarning(config);
    if (warning) log.warn(warning);
    await migrate({ redis, prefix, clock, log });
    await applyClasses(config.ORQUESTA_CLASSES_DIR ?? OWN_CLASSES, { store, log });
    await objects.start();
    closers.push(() => objects.close());
    const work = config.ORQUESTA_ROLE === 'api' ? undefined : await startWork(ports);
    const url = await startRequests(ports, work?.queueDepth);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs with the settings of the environment and `.env` until SIGINT or SIGTERM. Answers the exit code. */
export async function serve(): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  let config: Config;
  try {
    config = readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return 2;
  }
  // Not where calls alone are answered: collecting more often, 1 of 100 calls there waits twice as long.
  if (config.ORQUESTA_ROLE !== 'api') boundGarbage();
  const isTerminal = process.stdout.isTTY === true;
  const log = createLog({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (isTerminal ? 'pretty' : 'json'),
  });
  const told = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => resolve(signal));
  });
  try {
    const starting = startOrquesta(config, log);
    // It may be told to stop while it waits for what it needs.
    const orquesta = await Promise.race([starting, told.then(() => undefined)]);
    if (orquesta) log.info({ url: orquesta.url, role: config.ORQUESTA_ROLE }, 'Orquesta runs');
    log.info({ signal: await told }, 'Stopping');
    const left = systemClock.sleep(STOP_LIMIT_MS).then(() => {
      log.warn('Not all work in hand has ended; others take it over');
    });
    await Promise.race([orquesta?.close(), left]);
    return 0;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.fatal({ err: error }, `Orquesta cannot start: ${why}`);
    return 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Ended by its code and not by an idle event loop: a request that hangs must not keep a stopped program alive.
  process.exit(await serve());
}
