import { destination, type Logger, pino, stdSerializers } from 'pino';
import { build as pretty } from 'pino-pretty';

export type { Logger } from 'pino';

/** Fields that never reach a log, wherever they stand. */
const SECRET_FIELDS = [
  'password',
  'token',
  'privateKey',
  'privateKeys',
  'authorization',
  'apiKey',
  'userData',
];

/** ioredis puts the refused command into its error, and a refused login is a command with the password. */
const COMMANDS = ['err.command', 'err.cause.command', 'err.cause.cause.command'];

/** The program's log: one line per fact, fields before text. `pretty` is for people in a terminal. */
export function createLog(options: {
  readonly level: string;
  readonly format: 'pretty' | 'json';
}): Logger {
  const settings = {
    level: options.level,
    base: null,
    redact: {
      paths: [
        ...COMMANDS,
        ...SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      ],
      censor: '[redacted]',
    },
    serializers: { err: stdSerializers.errWithCause },
  };
  return options.format === 'pretty'
    ? pino(settings, pretty({ sync: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname' }))
    : pino(settings, destination({ sync: true }));
}
