import { z } from 'zod';
import { success } from '../openapi/answers.ts';
import { byNumber } from './instance-operations.ts';

/** A bare `?download` is yes too. */
const flag = z.enum(['true', 'false', '']).default('false');

const LINES = '==> install the bot\n==> start the bot\n';

export const getLogs = {
  id: 'getInstanceLogs',
  tag: 'Instancias',
  summary: 'Lo que imprimió la preparación del bot, o el propio bot',
  description: [
    'En JSON; como texto con `format=text`, `follow=true`, `download` o `Accept: text/plain`.',
    '`follow=true` espera el comienzo, envía cada línea cuando llega, y termina con la preparación. Con `Accept: text/event-stream` son eventos cuyo `id` es la posición en bytes: quien se reconecta con Last-Event-ID (o con `offset`) sigue donde quedó.',
    '`source=bot` trae las últimas 500 líneas del servicio del bot, leídas en ese momento por un controlador; los valores de sus variables se tachan.',
  ].join('\n\n'),
  params: byNumber,
  query: z.strictObject({
    format: z.enum(['json', 'text']).default('json'),
    follow: flag.describe('Sigue el registro mientras crece'),
    download: flag.describe('Como archivo'),
    source: z.enum(['bootstrap', 'bot']).default('bootstrap'),
    offset: z
      .string()
      .regex(/^[0-9]{1,15}$/, 'must be a number of bytes')
      .optional()
      .describe('Desde qué byte de la preparación seguir'),
  }),
  answers: {
    200: {
      description: 'De la preparación, lo último hasta 1 MiB; del bot, hasta 256 KiB',
      content: {
        'application/json': {
          schema: success(
            z.strictObject({
              numberphone: z.string(),
              run: z.string().nullable().describe('Qué preparación; null para el bot'),
              text: z.string(),
            }),
          ),
          example: {
            success: true,
            data: { numberphone: '573332221111', run: 'mkz1-0a1b2c3d4e5f', text: LINES },
          },
        },
        'text/plain': { example: LINES },
        'text/event-stream': {
          example: 'id: 24\nevent: log\ndata: "==> install the bot\\n"\n\nevent: end\ndata: {}\n\n',
        },
      },
    },
  },
  refusals: {
    404: 'No existe la instancia, o todavía no hay registro',
    503: 'Redis no responde, o el droplet no se deja alcanzar por SSH',
    504: 'Ningún controlador respondió a tiempo',
  },
} as const;
