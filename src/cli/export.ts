import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rfc3339, systemClock } from '../clock.ts';
import { mustAnswer, openRedis } from '../open-redis.ts';
import { backupText } from '../store/backup.ts';
import { readAll } from '../store/commit-all.ts';
import { storeKeys } from '../store/keys.ts';
import { answering, complain, DONE, print, settings } from './terms.ts';

const USAGE = `Usage: orquesta export [--output FILE]

Writes all objects as YAML, as they stand at one moment, with their uids and status. Reads Redis itself, by the
settings of the environment and .env: no Orquesta has to run. Events, logs and the queue are not in it.

  -o, --output FILE   instead of standard output; whole or not at all
  -h, --help`;

/** Backs up all objects. Answers the exit code. */
export async function exportCommand(argv: readonly string[]): Promise<number> {
  return answering(USAGE, async () => {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        output: { type: 'string', short: 'o' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      print(USAGE);
      return DONE;
    }
    const config = settings(process.env);
    const redis = openRedis(config);
    try {
      await mustAnswer(redis, config);
      const everything = await readAll(redis, storeKeys(config.REDIS_PREFIX));
      const text = backupText(everything, rfc3339(systemClock.now()));
      if (values.output === undefined) process.stdout.write(text);
      else writeWhole(values.output, text);
      complain(`${everything.objects.length} objects exported`);
      return DONE;
    } finally {
      redis.disconnect();
    }
  });
}

/** Readable by its owner alone: environments of bots may hold what others should not see. */
function writeWhole(file: string, text: string): void {
  const part = `${file}.part`;
  // Made here: what lies there from before may be readable for all, or a link to somewhere else.
  rmSync(part, { force: true });
  const descriptor = openSync(part, 'wx', 0o600);
  writeFileSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(part, file);
}
