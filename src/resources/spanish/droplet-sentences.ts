import type { Sentence } from './sentence.ts';

/** What the controller says of a droplet, which its instance repeats while it waits for it, and of a pool. */
export const DROPLET_SENTENCES: readonly Sentence[] = [
  ['Nobody owns the droplet any more', 'El droplet ya no es de nadie'],
  ['Droplet {id} in the cloud is this one', 'El droplet {id} de la nube es este'],
  ['Droplet {id} was made for this object', 'El droplet {id} se creó para este objeto'],
  [
    'An existing droplet is to be taken over',
    'Se pidió tomar posesión de un droplet que ya existe',
  ],
  [
    'No droplet is created while the instance is paused',
    'No se crea ningún droplet mientras la instancia está en pausa',
  ],
  [
    'Droplet {name+} that was to be adopted does not exist',
    'El droplet {name}, del que se pidió tomar posesión, no existe',
  ],
  [
    'Droplet {id} serves another number or none, and is not taken over',
    'El droplet {id} sirve a otro número o a ninguno, y no se toma posesión de él',
  ],
  [
    'No droplet is created while DigitalOcean refuses the token: {why*}',
    'No se crea ningún droplet mientras DigitalOcean rechaza el token: {why}',
  ],
  ['The pool is about to ask for the droplet', 'La reserva está por pedir el droplet'],
  ['Asking DigitalOcean for the droplet', 'Pide el droplet a DigitalOcean'],
  [
    "Droplet {id} is missing from the account's list",
    'El droplet {id} falta en la lista de la cuenta',
  ],
  [
    'DigitalOcean no longer shows droplet {id}, which is young: asking once more',
    'DigitalOcean ya no muestra el droplet {id}, que es reciente: pregunta otra vez',
  ],
  [
    'DigitalOcean accepted the droplet and does not list it yet',
    'DigitalOcean aceptó el droplet y todavía no lo muestra en su lista',
  ],
  ['More than one droplet was made for this object', 'Se creó más de un droplet para este objeto'],
  ['Droplet {id} is off', 'El droplet {id} está apagado'],
  ['The droplet is being powered on', 'El droplet se está encendiendo'],
  [
    'Droplet {id} is {state} and has no address yet',
    'El droplet {id} está en estado {state} y aún no tiene dirección',
  ],
  ['Droplet {id} is {state} at {ip}', 'El droplet {id} está en estado {state}, en {ip}'],
  ['Droplet {id} gets the name {name+}', 'El droplet {id} recibe el nombre {name}'],
  ['Droplet {id} was switched off in the pool', 'El droplet {id} fue apagado en la reserva'],
  ['There is no such class to prepare it for', 'No existe la clase para la que prepararlo'],
  ['The lost create has made no droplet', 'El pedido perdido no creó ningún droplet'],
  [
    'The outcome of the create is unknown: looking for the droplet',
    'No se sabe si el pedido creó el droplet: lo busca',
  ],
  [
    'The outcome of the create is unknown; looking for the droplet before asking again',
    'No se sabe si el pedido creó el droplet; lo busca antes de pedirlo otra vez',
  ],
  [
    'The droplet was not made by Orquesta and is left as it is',
    'Orquesta no creó el droplet y lo deja como está',
  ],
  ['No droplet was ever made', 'Nunca se creó ningún droplet'],
  ['Deleting droplet {id}', 'Elimina el droplet {id}'],
  ['Droplet {id} is gone', 'El droplet {id} ya no existe'],
  ['Making sure that droplet {id} is gone', 'Comprueba que el droplet {id} ya no exista'],
  ['DigitalOcean is deleting droplet {id}', 'DigitalOcean está eliminando el droplet {id}'],

  // One that waits in a pool.
  ['No SSH session within {seconds} s: {why*}', 'No hubo sesión SSH en {seconds} s: {why}'],
  ['No SSH session within {seconds} s', 'No hubo sesión SSH en {seconds} s'],
  [
    'Preparing all that needs no number (try {attempt})',
    'Prepara todo lo que no necesita número (intento {attempt})',
  ],
  ['Preparing all that needs no number', 'Prepara todo lo que no necesita número'],
  ['{what*}, after {tries} tries', '{what}, después de {tries} intentos'],
  ['Prepared, and waits for a number', 'Está preparado y espera un número'],
  ['{what*} ({count} times)', '{what} ({count} veces)'],

  // The pool.
  [
    'The pool goes, and all that waits in it',
    'La reserva se elimina, con todo lo que espera en ella',
  ],
  ['The pool is empty', 'La reserva está vacía'],
  ['1 droplet is still being deleted', 'Todavía se elimina 1 droplet'],
  ['{count} droplets are still being deleted', 'Todavía se eliminan {count} droplets'],
  ['1 droplet is no longer of use', '1 droplet ya no sirve'],
  ['{count} droplets are no longer of use', '{count} droplets ya no sirven'],
  [
    '{ready} of {wanted} droplets wait, {booting} are on their way: {why*}',
    'Esperan {ready} de {wanted} droplets, y {booting} están en camino: {why}',
  ],
  [
    '{ready} of {wanted} droplets wait, {booting} are on their way',
    'Esperan {ready} de {wanted} droplets, y {booting} están en camino',
  ],
  ['{ready} of {wanted} droplets wait', 'Esperan {ready} de {wanted} droplets'],
  ['Asking DigitalOcean for {count} droplets', 'Pide {count} droplets a DigitalOcean'],
  ['No droplet is to wait', 'No se pide que espere ningún droplet'],
  ['1 droplet is waiting', 'Espera 1 droplet'],
  ['{count} droplets are waiting', 'Esperan {count} droplets'],
];
