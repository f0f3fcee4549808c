import type { TextPosition } from '../../resources/text-position.ts';
import type { Caller, Role } from '../access/roles.ts';

/** Every sentence of the REST facade but those on fields, which `field-messages.ts` makes. */
export const messages = {
  alreadyExists: 'Ya existe una instancia en DigitalOcean para este número',
  stillDeleting:
    'La instancia anterior de este número todavía se está eliminando; intente de nuevo en unos segundos',
  noInstance: (number: string) => `No existe una instancia para el número ${number}`,
  noDroplet: (which: string) => `No existe un droplet con el id o nombre ${shown(which)}`,
  dropletExists: (name: string) => `Ya existe un droplet con el nombre ${name}`,
  dropletDeleting: (name: string) =>
    `El droplet ${name} todavía se está eliminando; intente de nuevo en unos segundos`,
  dropletForInstance: (name: string) =>
    `El nombre ${name} está reservado para el droplet de la instancia de ese número`,
  dropletOwned: (name: string, instance: string) =>
    `El droplet ${name} pertenece a la instancia ${instance}; elimine la instancia`,
  dropletCreating: 'Droplet creado, esperando asignación de IP',
  dropletRefused: (why: string) => `DigitalOcean no aceptó el droplet: ${why}`,
  noClass: (name: string) => `No existe la clase "${name}" (campo className)`,
  qrTooEarly: (phase: string, number: string) =>
    `Todavía no hay código QR: la instancia está en la fase ${phase}. Espere a completed: GET /api/instance/status/${number}`,
  qrSoon: (session: string | undefined) =>
    `El bot funciona y todavía no muestra un código QR${session ? ` (su estado: ${shown(session)})` : ''}; intente de nuevo en unos segundos`,
  qrOfSilent: (number: string) =>
    `El bot no responde ahora, y no hay código QR; Orquesta lo repara: GET /api/instance/explain/${number}`,
  qrOfFailed: (number: string) =>
    `No habrá código QR: la instancia falló. Vea por qué: GET /api/instance/explain/${number}`,
  qrOfDeleting: 'No habrá código QR: la instancia se está eliminando',
  linked: 'El número ya está vinculado: no hay código QR que escanear',
  noLog: (number: string) => `Todavía no hay registro de preparación para el número ${number}`,
  botJournal: (why: string) => `No se pudo leer el registro del bot: ${why}`,
  noWebhooks:
    'No hay ningún webhook configurado: ponga WEBHOOK_URL y WEBHOOK_SECRET en los controladores',
  nobodyAnswers:
    'Ningún controlador respondió a tiempo; compruebe que haya uno en marcha e intente de nuevo',
  bootstrapOnly: (name: string) =>
    `El parámetro ${name} solo vale para el registro de la preparación, no para source=bot`,
  noBody: 'Falta el cuerpo de la petición: envíe un objeto JSON',
  notObject: 'El cuerpo de la petición debe ser un objeto JSON',
  badJson: ({ line, column }: TextPosition) =>
    `El cuerpo de la petición no es JSON válido (línea ${line}, columna ${column})`,
  notUtf8: 'El cuerpo de la petición no es texto UTF-8 válido',
  encoded: 'El cuerpo de la petición no puede venir comprimido',
  wantJson: 'El cuerpo de la petición debe enviarse como application/json',
  wantYaml: 'El cuerpo debe enviarse como application/yaml o application/json',
  tooLarge: 'El cuerpo de la petición supera 1 MiB',
  brokenOff: 'La petición se interrumpió antes de llegar completa',
  adminsOnly: (kind: string) => `Para aplicar un objeto de tipo ${kind} se requiere el rol admin`,
  noKey: 'Falta la clave de acceso: envíela en el encabezado x-api-key',
  wrongKey: 'La clave de acceso no es válida',
  notAllowed: ({ name, role }: Caller, needed: Role) =>
    `La clave "${name}" tiene el rol ${role}, y esta petición requiere el rol ${needed}`,
  tooManyGuesses:
    'Demasiadas claves equivocadas desde esta dirección; intente de nuevo dentro de un minuto',
  tooManyRequests: 'Demasiadas peticiones con esta clave; intente de nuevo en un momento',
  tooManyStreams:
    'Esta clave ya tiene abiertas tantas conexiones de seguimiento (eventos, registros, watch) como puede; cierre alguna e intente de nuevo',
  noPath: 'La ruta no existe; vea la guía de la API',
  noMethod: (allowed: string) => `La ruta existe, pero solo acepta ${allowed}`,
  unavailable:
    'El servicio no puede atender la petición en este momento; intente de nuevo en unos segundos',
  internal: (id: string) => `Error interno; indique el identificador ${id} al reportarlo`,
  conflict: 'El objeto cambió mientras se atendía la petición; intente de nuevo',
  noManifests: 'El cuerpo no contiene ningún documento',
  badManifests: (count: number, first: string) =>
    count === 1
      ? `No se aplicó nada: ${first}`
      : `No se aplicó nada: hay ${count} errores; el primero: ${first}`,
  appliedInPart: (count: number, first: string) =>
    `Se ${count === 1 ? 'aplicó 1 documento' : `aplicaron ${count} documentos`} antes de un conflicto: ${first}. Aplique el texto de nuevo`,
  beingDeleted: (kind: string, name: string) =>
    `${kind} ${name} se está eliminando; aplique el texto de nuevo cuando haya desaparecido`,
  immutable: (field: string) =>
    `El campo ${field} no puede cambiarse; elimine el objeto y créelo de nuevo`,
  unknownQuery: (name: string) => `El parámetro ${shown(name)} no existe en esta ruta`,
  repeatedQuery: (name: string) => `El parámetro ${shown(name)} aparece más de una vez`,
} as const;

/** What a caller sent, cut short and without control characters. */
const shown = (text: string): string => {
  const cut = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return cut.replace(/\p{Cc}/gu, '�');
};
