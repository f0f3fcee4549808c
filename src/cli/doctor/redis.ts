import type { Redis } from 'ioredis';
import { durabilityWarnings } from '../../store/redis.ts';
import { SCHEMA_VERSION } from '../../store/schema.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** ZRANGE … BYLEX, which finds droplets by name and tag, came with it. */
const LEAST_VERSION = [6, 2] as const;
const MOST_MEMORY = 0.8;

/** Version, settings, memory, and whether this program can read what is there. */
export async function checkRedis(
  redis: Redis,
  place: string,
  schemaVersion: string | undefined,
): Promise<Check[]> {
  const info = await redis.info().catch(() => '');
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
  const checks = [ok('redis', `answers at ${place}`), versionCheck(field)];
  const warnings = await durabilityWarnings(redis);
  checks.push(
    ...(warnings.length === 0
      ? [ok('redis durability', 'what was answered survives a crash and a power cut')]
      : warnings.map((text) => warning('redis durability', text))),
  );
  const [used, most] = [Number(field('used_memory')), Number(field('maxmemory'))];
  if (most > 0 && used > most * MOST_MEMORY) {
    const percent = Math.round((used / most) * 100);
    checks.push(
      warning(
        'redis memory',
        `${percent} % of maxmemory is used; when it is full nothing can be changed: raise it.`,
      ),
    );
  }
  if (Number(schemaVersion ?? 1) > SCHEMA_VERSION) {
    checks.push(
      failed(
        'schema',
        `Redis holds objects of schema version ${schemaVersion}, and this program knows versions up to ${SCHEMA_VERSION}: install the version of Orquesta that wrote them, or a later one.`,
      ),
    );
  }
  return checks;
}

function versionCheck(field: (name: string) => string | undefined): Check {
  const name = field('valkey_version') ? 'Valkey' : 'Redis';
  const version = field('valkey_version') ?? field('redis_version');
  if (version === undefined) {
    return warning(
      'redis version',
      'It may not be asked for its version; make sure that it is 6.2 or later.',
    );
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_VERSION;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
    ? ok('redis version', `${name} ${version}`)
    : failed(
        'redis version',
        `It is ${name} ${version}, and 6.2 is the least that is needed: upgrade it.`,
      );
}
