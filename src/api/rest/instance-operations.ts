import { z } from 'zod';
import { numberphone } from '../../resources/instance.ts';
import { DEFAULT_CLASS } from '../../resources/instance-class.ts';
import { objectName } from '../../resources/meta.ts';
import { data, json } from '../openapi/answers.ts';
import { explanation } from './explanation.ts';
import { instanceView, listedInstance } from './instance-view.ts';

const NUMBER = '573332221111';

export const byNumber = z.strictObject({
  numberphone: numberphone.meta({
    description: 'Con código de país; se aceptan un "+" inicial y espacios',
    example: NUMBER,
  }),
});

const noInstance = { 404: 'No existe una instancia para el número' };

const accepted = (status: string, description: string) =>
  data(description, z.strictObject({ numberphone: z.string(), status: z.literal(status) }), {
    numberphone: NUMBER,
    status,
  });

const COMPLETED = {
  status: 'completed',
  progress: 100,
  error: null,
  instanceInfo: {
    instanceName: `bot-${NUMBER}`,
    ip: '203.0.113.7',
    state: 'active',
    created: '2026-01-31T12:00:00Z',
    numberphone: NUMBER,
    dropletId: 4711,
  },
};

export const createInstance = {
  id: 'createInstance',
  tag: 'Instancias',
  summary: 'Crea un bot para un número',
  description:
    'Responde de inmediato. De cualquier cantidad de pedidos simultáneos para un número se acepta exactamente uno. Una instancia que falló se reemplaza.',
  body: z.strictObject({
    numberphone: numberphone.describe('Con código de país; se aceptan un "+" inicial y espacios'),
    provider: z.enum(['baileys', 'meta']).default('baileys'),
    enableAppointments: z.boolean().default(false),
    enableAutoInvite: z.boolean().default(false),
    className: objectName.default(DEFAULT_CLASS).describe('Una InstanceClass que exista'),
  }),
  bodyExample: { numberphone: NUMBER },
  answers: { 202: accepted('creating', 'Aceptada') },
  refusals: {
    400: 'El cuerpo no es válido, la clase no existe, o ya hay una instancia o un droplet para el número',
    409: 'La instancia anterior todavía se está eliminando, o cambió en ese momento',
  },
} as const;

export const instanceStatus = {
  id: 'getInstanceStatus',
  tag: 'Instancias',
  summary: 'Cuenta cómo está un bot',
  description:
    'Sin sobre. `progress` es 25, 50, 75 o 100. `error` también se llena mientras algo que espera a una persona o al tiempo lo detiene.',
  params: byNumber,
  answers: { 200: json('Su estado', instanceView, COMPLETED) },
  refusals: noInstance,
} as const;

export const listInstances = {
  id: 'listInstances',
  tag: 'Instancias',
  summary: 'Lista todos los bots con su estado',
  answers: {
    200: data('Todos, por nombre', z.array(listedInstance), [
      { numberphone: NUMBER, provider: 'baileys', ...COMPLETED },
    ]),
  },
} as const;

export const restartInstance = {
  id: 'restartInstance',
  tag: 'Instancias',
  summary: 'Reinicia el bot',
  description: 'Una instancia que falló comienza de nuevo.',
  params: byNumber,
  answers: { 202: accepted('restarting', 'Se reiniciará') },
  refusals: { ...noInstance, 409: 'Se está eliminando, o cambió en ese momento' },
} as const;

export const deleteInstance = {
  id: 'deleteInstance',
  tag: 'Instancias',
  summary: 'Elimina el bot y su droplet',
  description: 'Puede repetirse. El estado responde 404 cuando el droplet ya no existe.',
  params: byNumber,
  answers: { 202: accepted('deleting', 'Se está eliminando') },
  refusals: { ...noInstance, 409: 'Cambió en ese momento: intente de nuevo' },
} as const;

export const deleteInstanceToo = {
  ...deleteInstance,
  id: 'deleteInstanceByPath',
  summary: 'Elimina el bot y su droplet (otra ruta para lo mismo)',
} as const;

export const instanceQr = {
  id: 'getInstanceQr',
  tag: 'Instancias',
  summary: 'El código QR, para vincular el número con WhatsApp',
  params: byNumber,
  answers: { 200: { description: 'Una imagen', content: { 'image/png': {} } } },
  refusals: {
    404: 'No existe la instancia, o no hay código que escanear: por qué, y qué esperar',
  },
} as const;

export const instanceEvents = {
  id: 'followInstance',
  tag: 'Instancias',
  summary: 'Avisa de cada cambio de estado (eventos del servidor)',
  description:
    '`event: status` con el JSON del estado, al comienzo y después de cada cambio; un comentario cada 15 s mantiene abierta la conexión; `event: deleted` es el último.',
  params: byNumber,
  answers: {
    200: {
      description: 'Un flujo que no termina mientras exista la instancia',
      content: {
        'text/event-stream': { example: `event: status\ndata: ${JSON.stringify(COMPLETED)}\n\n` },
      },
    },
  },
  refusals: noInstance,
} as const;

export const explainInstance = {
  id: 'explainInstance',
  tag: 'Instancias',
  summary: 'Explica qué hace, qué espera, qué se intentó y qué puede hacerse',
  description:
    'En español, o en inglés con `lang=en` o Accept-Language. `eta` sale de la historia de esta flota, y es null mientras haya muy poca.',
  params: byNumber,
  query: z.strictObject({
    lang: z.enum(['es', 'en']).optional().describe('Idioma de las frases'),
  }),
  answers: {
    200: data('Por qué está como está', explanation, {
      numberphone: NUMBER,
      phase: 'waiting_for_ssh',
      progress: 50,
      doing: 'Intenta entrar por SSH al droplet en 203.0.113.7',
      waitingFor: 'que el droplet termine de arrancar y acepte la conexión',
      until: '2026-01-31T12:05:31.000Z',
      tried: ['Se pidió el droplet a DigitalOcean 1 vez'],
      brake: null,
      canDo: [],
      detail: 'Waiting for SSH at 203.0.113.7',
      eta: {
        p50Seconds: 58,
        p95Seconds: 91,
        basis:
          'Según 37 instancias de esta flota que pasaron por este punto (creación), desde 2026-01-12T08:00:00.000Z',
        samples: 37,
        since: '2026-01-12T08:00:00.000Z',
        phases: [{ phase: 'waiting_for_ssh', p50Seconds: 12, p95Seconds: 21, samples: 37 }],
      },
      timeline: [
        {
          phase: 'creating_droplet',
          step: 'sweep',
          reason: 'Sweep',
          startedAt: '2026-01-31T12:00:00.120Z',
          endedAt: '2026-01-31T12:00:00.840Z',
          waitedFor: 'Looking whether the number has a droplet already',
        },
      ],
    }),
  },
  refusals: noInstance,
} as const;
