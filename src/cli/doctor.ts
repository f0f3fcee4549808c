import { parseArgs } from 'node:util';
import { OWN_CLASSES, readClasses } from '../classes.ts';
import { systemClock } from '../clock.ts';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { portMap } from '../dial.ts';
import { mustAnswer, openRedis, placeOfRedis } from '../open-redis.ts';
import type { Droplet } from '../resources/droplet.ts';
import { type InstanceClassSpec, instanceClassSpec } from '../resources/instance-class.ts';
import { type Everything, readAll } from '../store/commit-all.ts';
import { storeKeys } from '../store/keys.ts';
import { asking } from './doctor/account.ts';
import { type Check, failed, ok } from './doctor/check.ts';
import { checkClasses } from './doctor/classes.ts';
import { checkCloud } from './doctor/cloud.ts';
import {
  checkCloudAddress,
  checkKeys,
  checkLogin,
  checkPort,
  checkSessions,
  checkWayOut,
} from './doctor/local.ts';
import { checkRedis } from './doctor/redis.ts';
import { answering, DONE, FAILED, print, settings } from './terms.ts';

const USAGE = `Usage: orquesta doctor [--json]

Looks whether Orquesta can work with the settings of the environment and .env: DigitalOcean's token, scopes and limit,
the classes' region, size and image, Redis and what it would lose, the login, the clock, the ports. It changes nothing.

  --json       for programs: {"ok", "checks": [{"name", "state", "message"}]}
  -h, --help

Ends with 0 when nothing has failed, warnings or not; with 1 otherwise.`;

/** Checks what the program needs; each line says ok or what to do. Answers the exit code. */
export async function doctor(argv: readonly string[]): Promise<number> {
  return answering(USAGE, async () => {
    const { values } = parseArgs({
      args: [...argv],
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      print(USAGE);
      return DONE;
    }
    const checks = await examine(settings(process.env));
    const isWell = checks.every(({ state }) => state !== 'failed');
    print(values.json ? JSON.stringify({ ok: isWell, checks }, undefined, 2) : tableOf(checks));
    return isWell ? DONE : FAILED;
  });
}

async function examine(config: Config): Promise<readonly Check[]> {
  const { everything, checks: redisChecks } = await examineRedis(config);
  const instances = everything?.objects.filter(({ kind }) => kind === 'Instance') ?? [];
  const droplets = (everything?.objects.filter(({ kind }) => kind === 'Droplet') ??
    []) as readonly Droplet[];
  const ask = asking(config);
  const cloud = config.DIGITALOCEAN_TOKEN
    ? await checkCloud(ask, instances.length, systemClock.now)
    : [];
  const isAnswered = cloud.some(({ name, state }) => name === 'token' && state === 'ok');
  return [
    checkSettings(),
    ...redisChecks,
    checkCloudAddress(config),
    ...cloud,
    ...(await examineClasses(config, everything, isAnswered)),
    ...[checkLogin(config), checkKeys(config)].filter((check) => check !== undefined),
    // An API logs in to nothing, and its way there may be closed on purpose.
    ...(config.ORQUESTA_ROLE === 'api'
      ? []
      : await present(
          checkWayOut(droplets, config.SSH_PORT, portMap(config.ORQUESTA_PORT_MAP_FILE)),
        )),
    ...(config.ORQUESTA_ROLE === 'controller' ? [] : [await checkPort(config)]),
  ];
}

function checkSettings(): Check {
  try {
    const { ORQUESTA_ROLE: role } = readConfig(process.env);
    return ok('settings', `all that the role "${role}" needs is set`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.message.split('\n').slice(1, -1);
    return failed('settings', lines.map((line) => line.trim()).join(' '));
  }
}

async function examineRedis(
  config: Config,
): Promise<{ readonly everything: Everything | undefined; readonly checks: readonly Check[] }> {
  const redis = openRedis(config);
  try {
    await mustAnswer(redis, config);
    const everything = await readAll(redis, storeKeys(config.REDIS_PREFIX));
    const checks = await checkRedis(redis, placeOfRedis(config), everything.schemaVersion);
    return { everything, checks };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const why = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return { everything: undefined, checks: [failed('redis', `${error.message}${why}.`)] };
  } finally {
    redis.disconnect();
  }
}

/** Those of the files that a start would apply, and those that are stored. */
async function examineClasses(
  config: Config,
  everything: Everything | undefined,
  isAnswered: boolean,
): Promise<readonly Check[]> {
  const classes = new Map<string, InstanceClassSpec>();
  for (const { kind, metadata, spec } of everything?.objects ?? []) {
    if (kind === 'InstanceClass') classes.set(metadata.name, spec as InstanceClassSpec);
  }
  try {
    const folder = config.ORQUESTA_CLASSES_DIR ?? OWN_CLASSES;
    for (const { manifest } of readClasses(folder)) classes.set(manifest.name, manifest.spec);
  } catch (error) {
    return [failed('classes', error instanceof Error ? error.message : String(error))];
  }
  const defaultImage = instanceClassSpec.parse({}).droplet.image;
  const imageOf = ({ droplet: { image } }: InstanceClassSpec) =>
    image === defaultImage ? (config.DIGITALOCEAN_IMAGE ?? image) : image;
  const sessions = checkSessions(config, classes);
  return [
    ...(isAnswered ? await checkClasses(asking(config), classes, imageOf) : []),
    ...(sessions ? [sessions] : []),
  ];
}

const present = async <T>(asked: Promise<T | undefined>): Promise<readonly T[]> => {
  const answer = await asked;
  return answer === undefined ? [] : [answer];
};

const SIGNS = { ok: 'ok', warning: '!!', failed: 'XX' } as const;

function tableOf(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ state, name, message }) => `${SIGNS[state]}  ${name.padEnd(width)}  ${message}`)
    .join('\n');
}
