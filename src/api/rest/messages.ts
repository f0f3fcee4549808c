/** Every sentence of the REST facade. */
export const messages = {
  alreadyExists: 'Ya existe una instancia en DigitalOcean para este número',
  stillDeleting:
    'La instancia anterior de este número todavía se está eliminando; intente de nuevo en unos segundos',
  noInstance: (number: string) => `No existe una instancia para el número ${number}`,
  noDroplet: (name: string) => `No existe un droplet con el id o nombre ${name}`,
  dropletExists: (name: string) => `Ya existe un droplet con el nombre ${name}`,
  dropletOwned: (name: string, instance: string) =>
    `El droplet ${name} pertenece a la instancia ${instance}; elimine la instancia`,
  dropletCreating: 'Droplet creado, esperando asignación de IP',
  dropletRefused: (why: string) => `DigitalOcean no aceptó el droplet: ${why}`,
  noClass: (name: string) => `No existe la clase "${name}" (campo className)`,
  noQr: 'No hay código QR: la instancia no está lista o el número ya está vinculado',
  noLog: (number: string) => `Todavía no hay registro de preparación para el número ${number}`,
  number:
    'El campo numberphone debe ser un número de teléfono de 7 a 15 dígitos con su código de país, como "573332221111"; se aceptan un "+" inicial y espacios',
  dropletName:
    'El campo name debe ser un nombre de host: letras, dígitos, "-" y ".", comenzando y terminando con letra o dígito, con un máximo de 63 caracteres por parte',
  required: (field: string) => `Falta el campo ${field}`,
  unknown: (field: string) => `El campo ${field} no existe en esta petición`,
  type: (field: string, wanted: string) => `El campo ${field} debe ser ${wanted}`,
  oneOf: (field: string, values: string) => `El campo ${field} debe ser uno de: ${values}`,
  wrong: (field: string) => `El campo ${field} no es válido`,
  notObject: 'El cuerpo de la petición debe ser un objeto JSON',
  badJson: (why: string) => `El cuerpo de la petición no es JSON válido: ${why}`,
  notUtf8: 'El cuerpo de la petición no es texto UTF-8 válido',
  wantJson: 'El cuerpo de la petición debe enviarse como application/json',
  wantYaml: 'El cuerpo debe enviarse como application/yaml o application/json',
  tooLarge: 'El cuerpo de la petición supera 1 MiB',
  noKey: 'Falta la clave de acceso: envíela en el encabezado x-api-key',
  wrongKey: 'La clave de acceso no es válida',
  noPath: 'La ruta no existe; vea la guía de la API',
  noMethod: 'La ruta existe, pero no acepta este método',
  unavailable: 'El servicio no puede atender la petición en este momento; intente de nuevo en unos segundos',
  internal: (id: string) => `Error interno; indique el identificador ${id} al reportarlo`,
  conflict: 'El objeto cambió mientras se atendía la petición; intente de nuevo',
  badManifest: (count: number) =>
    count === 1 ? 'El manifiesto tiene un error; no se aplicó nada' : `El manifiesto tiene ${count} errores; no se aplicó nada`,
} as const;
