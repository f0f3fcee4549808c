import type { Sentence } from './sentence.ts';

/** What was asked of DigitalOcean and came to nothing. DigitalOcean's own words stay as they are. */
export const CLOUD_SENTENCES: readonly Sentence[] = [
  ['{what*} The account may have {limit} droplets.', '{what} La cuenta admite {limit} droplets.'],
  ['{what*} That is in about {seconds} s.', '{what} Será dentro de unos {seconds} s.'],
  [
    'DigitalOcean was asked to {doing*} and answered HTTP {status} without an error body of its API. {advice*}',
    'Se pidió a DigitalOcean {doing} y respondió HTTP {status} sin un error de su API. {advice}',
  ],
  [
    'DigitalOcean was asked to {doing*} and answered HTTP {status}: {words+}. {advice*}',
    'Se pidió a DigitalOcean {doing} y respondió HTTP {status}: {words}. {advice}',
  ],
  [
    "DigitalOcean was not asked to {doing*}: the token's request budget is spent. {advice*}",
    'No se pidió a DigitalOcean {doing}: se agotó el presupuesto de llamadas del token. {advice}',
  ],
  [
    'DigitalOcean was not asked to {doing*}: {why*}. {advice*}',
    'No se pidió a DigitalOcean {doing}: {why}. {advice}',
  ],
  [
    'DigitalOcean was asked to {doing*}, but {why*}. {advice*}',
    'Se pidió a DigitalOcean {doing}, pero {why}. {advice}',
  ],
  [
    'Nothing was sent to DigitalOcean: its request budget is kept in Redis, and Redis could not be asked. It is tried again; check that Redis is up.',
    'No se envió nada a DigitalOcean: su presupuesto de llamadas está en Redis, y Redis no respondió. Se intenta de nuevo; compruebe que Redis funcione.',
  ],

  // What comes next, or what to do.
  [
    'Repeating it does not help; change what it objects to.',
    'Repetirlo no sirve; cambie lo que rechaza.',
  ],
  ['Nothing was done; it is tried again.', 'No se hizo nada; se intenta de nuevo.'],
  [
    "Delete droplets or have the account's droplet limit raised; it is tried again slowly.",
    'Elimine droplets o pida un límite mayor para la cuenta; se intenta de nuevo, despacio.',
  ],
  [
    'Choose another size or region, or wait; it is tried again slowly.',
    'Elija otro tamaño u otra región, o espere; se intenta de nuevo, despacio.',
  ],
  [
    'Check that DIGITALOCEAN_TOKEN is valid and has the scopes this needs.',
    'Compruebe que DIGITALOCEAN_TOKEN sea válido y tenga los permisos necesarios.',
  ],
  ['It waits until requests are free again.', 'Espera a que haya llamadas libres.'],
  [
    'It may have been done; that is looked up before anything is repeated.',
    'Puede que se haya hecho; se comprueba antes de repetir nada.',
  ],
  [
    'So nothing new is known; it is asked again.',
    'Así que no se sabe nada nuevo; se pregunta de nuevo.',
  ],
  [
    'Redirects are not followed; check DIGITALOCEAN_API_URL.',
    'Las redirecciones no se siguen; revise DIGITALOCEAN_API_URL.',
  ],

  // What was asked.
  ['list the droplets', 'la lista de droplets'],
  ['list the sizes', 'la lista de tamaños'],
  ['tell of the account', 'los datos de la cuenta'],
  ['tell of droplet {id}', 'los datos del droplet {id}'],
  ['look up droplets named {name+}', 'los droplets de nombre {name}'],
  ['create droplet {name+} and {count} more', 'crear el droplet {name} y {count} más'],
  ['create droplet {name+}', 'crear el droplet {name}'],
  ['delete droplet {id}', 'eliminar el droplet {id}'],
  ['rename droplet {id} to {name+}', 'cambiar el nombre del droplet {id} a {name}'],
  ['power_on droplet {id}', 'encender el droplet {id}'],
  ['reboot droplet {id}', 'reiniciar el droplet {id}'],
  ['power_cycle droplet {id}', 'apagar y encender el droplet {id}'],

  // Why there was no answer.
  ['its list lacks some of them', 'a su lista le faltan algunos'],
  ['the caller gave up before', 'se desistió antes'],
  ['it was held up for longer than it may be', 'se demoró más de lo permitido'],
  ['the caller gave up waiting', 'se dejó de esperar'],
  ['there was no whole answer within {seconds} s', 'no hubo una respuesta completa en {seconds} s'],
  [
    'its answer (HTTP {status}) is not of the documented shape at {where}',
    'su respuesta (HTTP {status}) no tiene la forma documentada en {where}',
  ],
  ['the connection was refused', 'la conexión fue rechazada'],
  ['its host name could not be resolved', 'no se pudo resolver su nombre de host'],
  ['the connection broke', 'se cortó la conexión'],
  ['its answer was cut off or too long', 'su respuesta quedó cortada o era demasiado larga'],
  ['the request failed ({code})', 'la petición falló ({code})'],
];
