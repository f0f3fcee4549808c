import { z } from 'zod';
import { dropletTemplate } from '../../resources/instance-class.ts';
import { data } from '../openapi/answers.ts';

/** DigitalOcean: a name is a host name of at most 255 characters. Ours are Kubernetes' names: at most 253, in lower case. */
export const MAX_NAME = 253;
const HOST_LABEL = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const HOST_NAME = new RegExp(`^${HOST_LABEL}(\\.${HOST_LABEL})*$`);
const HOST_NAME_RULE =
  'must be a host name: letters, digits, "-" and ".", beginning and ending with a letter or digit, at most 63 characters between dots';

const createBody = z.strictObject({
  name: z
    .string()
    .max(MAX_NAME)
    .regex(HOST_NAME, HOST_NAME_RULE)
    .transform((name) => name.toLowerCase()),
  region: dropletTemplate.shape.region,
  size: dropletTemplate.shape.size,
  image: dropletTemplate.shape.image.removeDefault().optional(),
});

const dropletView = z.strictObject({
  id: z.int().nullable().describe('El de DigitalOcean; null mientras no se sepa'),
  name: z.string(),
  ip: z.string().nullable(),
  status: z
    .string()
    .describe('creating, la palabra de DigitalOcean (new, active, off), deleting o failed'),
});
export type DropletView = z.infer<typeof dropletView>;

const DROPLET: DropletView = { id: 4711, name: 'web-1', ip: '203.0.113.7', status: 'active' };

/** DigitalOcean's id or the name: any text may be asked for, and most of it does not exist. */
const byIdOrName = z.strictObject({
  which: z.string().meta({ description: 'Id de DigitalOcean, o nombre', example: 'web-1' }),
});
const noDroplet = { 404: 'No existe un droplet con ese id o nombre' };

export const createDroplet = {
  id: 'createDroplet',
  tag: 'Droplets',
  summary: 'Crea un droplet suelto, sin bot',
  description: 'Espera hasta 10 s el id de DigitalOcean; después `id` es null y sirve el nombre.',
  body: createBody,
  bodyExample: { name: 'web-1', region: 'sfo3', size: 's-1vcpu-512mb-10gb' },
  answers: {
    202: data('Aceptado', dropletView.extend({ ip: z.null(), message: z.string() }), {
      id: 4711,
      name: 'web-1',
      ip: null,
      status: 'creating',
      message: 'Droplet creado, esperando asignación de IP',
    }),
  },
  refusals: {
    400: 'El cuerpo no es válido, el nombre está tomado, o DigitalOcean no acepta el droplet',
    409: 'El droplet anterior de ese nombre todavía se está eliminando',
  },
} as const;

export const listDroplets = {
  id: 'listDroplets',
  tag: 'Droplets',
  summary: 'Lista todos los droplets que Orquesta registra',
  answers: { 200: data('Todos, por nombre', z.array(dropletView), [DROPLET]) },
} as const;

export const getDroplet = {
  id: 'getDroplet',
  tag: 'Droplets',
  summary: 'Muestra un droplet, también uno de la cuenta que Orquesta no creó',
  params: byIdOrName,
  answers: { 200: data('El droplet', dropletView, DROPLET) },
  refusals: noDroplet,
} as const;

export const deleteDroplet = {
  id: 'deleteDroplet',
  tag: 'Droplets',
  summary: 'Elimina un droplet suelto',
  params: byIdOrName,
  answers: {
    202: data('Se está eliminando', dropletView, { ...DROPLET, status: 'deleting' }),
  },
  refusals: { ...noDroplet, 409: 'Pertenece a una instancia: elimine la instancia' },
} as const;
