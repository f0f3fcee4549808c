import { existsSync } from 'node:fs';
import { type Config, ConfigError, readSettings } from '../config.ts';

/** Exit codes of all commands: done; not done, for the reason told; not called as it must be. */
export const DONE = 0;
export const FAILED = 1;
const MISUSED = 2;

/** The settings of the environment and `.env`, as `orquesta serve` reads them. Throws ConfigError. */
export function settings(env: NodeJS.ProcessEnv): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readSettings(env);
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const complain = (text: string): void => void process.stderr.write(`${text}\n`);

/** What parseArgs throws for arguments that are not known. */
const isMisuse = (error: Error): boolean =>
  error instanceof UsageError ||
  String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');

/** Called in a way that is not to be carried out. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Runs a command's work; an error becomes its sentence on standard error and an exit code. All that was printed has been taken by
 * whoever reads it when this resolves: the program may end. A reader that leaves before has not got it: that is a failure, without a word.
 */
export async function answering(usage: string, work: () => Promise<number>): Promise<number> {
  let isLost = false;
  // Unheard, it would end the program with a trace.
  process.stdout.on('error', () => {
    isLost = true;
  });
  const code = await codeOf(usage, work);
  const isTaken = (await taken(process.stdout)) && !isLost;
  await taken(process.stderr);
  return isTaken ? code : FAILED;
}

/** Whether somebody has all that was printed. A pipe takes 64 KiB at once, and the rest when it is read: a process that ends does not wait. */
const taken = (stream: NodeJS.WriteStream): Promise<boolean> =>
  new Promise((resolve) => stream.write('', (error) => resolve(!error)));

async function codeOf(usage: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isMisuse(error)) {
      complain(`${error.message}\n\n${usage}`);
      return MISUSED;
    }
    complain(sentenceOf(error));
    return error instanceof ConfigError ? MISUSED : FAILED;
  }
}

const sentenceOf = ({ message, cause }: Error): string =>
  cause instanceof Error && cause.message !== '' ? `${message} (${cause.message})` : message;
