import { doing, machine, remove, said, type Tell } from './story.ts';

const asksForDroplet = doing(
  'Pide un droplet a DigitalOcean',
  'It is asking DigitalOcean for a droplet',
);
const boots: Tell = (facts) => ({
  doing: said(`El droplet${machine(facts)} está arrancando`, `Droplet${machine(facts)} is booting`),
  waitingFor: said(
    'que DigitalOcean le asigne una dirección',
    'DigitalOcean to give it an address',
  ),
});
const claims: Tell = doing(
  'Toma de la reserva un droplet ya preparado',
  'It is claiming a prepared droplet from its pool',
);
export const isBeingDeleted: Tell = (facts) => ({
  doing: said(`Elimina el droplet${machine(facts)}`, `It is deleting droplet${machine(facts)}`),
  waitingFor: said(
    'que DigitalOcean confirme que el droplet ya no existe',
    'DigitalOcean to confirm that the droplet is gone',
  ),
});
/** A droplet is made, reached, and goes. */
export const DROPLET_STORIES: Readonly<Record<string, Tell>> = {
  Sweep: doing(
    'Comprueba en DigitalOcean que nadie atienda ya este número',
    'It is making sure in DigitalOcean that nobody serves this number already',
  ),
  CreateDroplet: asksForDroplet,
  DropletPending: asksForDroplet,
  Create: asksForDroplet,
  Adopt: doing(
    'Toma posesión de un droplet que ya existe',
    'It is taking over a droplet that exists already',
  ),
  AdoptDroplet: doing(
    'Toma posesión del droplet que ya atiende este número',
    'It is taking over the droplet that serves this number already',
  ),
  Claim: claims,
  TakeDroplet: claims,
  ReleaseClaim: doing(
    'El droplet que iba a tomar de la reserva fue para otra instancia: busca otro',
    'The droplet that it was to claim went to another instance: it is looking for one anew',
  ),
  GiveUpDroplet: doing(
    'Renuncia a su propio droplet, que aún no se pudo pedir, para tomar uno de la reserva',
    'It is giving up its own droplet, which could not be asked for yet, to claim one from the pool',
  ),
  NumberTaken: () => ({
    doing: said(
      'No toma de la reserva el droplet que espera: otro atiende ya este número',
      'It does not claim the droplet that waits in the pool: another one serves this number already',
    ),
    waitingFor: said(
      'que ese droplet deje de existir, o que se pueda crear el suyo',
      'that droplet to be gone, or its own to be made',
    ),
    canDo: [said('Elimine ese droplet', 'Delete that droplet')],
  }),
  Rename: doing(
    'Da al droplet tomado de la reserva el nombre de la instancia',
    "It is giving the claimed droplet the instance's name",
  ),
  PoolPending: () => ({
    doing: said(
      'El droplet de la reserva aún no se pidió',
      'The droplet of the pool was not asked for yet',
    ),
    waitingFor: said('que la reserva lo pida', 'the pool to ask for it'),
  }),
  LookByName: doing(
    'Busca en DigitalOcean el droplet que pidió, porque no llegó la respuesta',
    'It is looking in DigitalOcean for the droplet that it asked for, for the answer got lost',
  ),
  EndIntent: doing(
    'El pedido perdido no creó ningún droplet: lo pedirá de nuevo',
    'The lost request made no droplet: it will ask again',
  ),
  OutcomeUnknown: () => ({
    doing: said(
      'Pidió el droplet y no sabe aún si DigitalOcean lo creó',
      'It asked for the droplet and does not know yet whether DigitalOcean made it',
    ),
    waitingFor: said('saberlo con certeza, para no crear dos', 'certainty, so as not to make two'),
  }),
  Booting: boots,
  DropletBooting: boots,
  Running: boots,
  CheckGone: doing(
    'El droplet falta en la lista de la cuenta: comprueba si aún existe',
    "The droplet is missing from the account's list: it is checking whether it still exists",
  ),
  DeleteDuplicate: doing(
    'Elimina un droplet duplicado de este número',
    'It is deleting a duplicate droplet of this number',
  ),
  PowerOn: doing(
    'Enciende el droplet, que estaba apagado',
    'It is powering on the droplet, which was off',
  ),
  PoweringOn: () => ({
    doing: said(
      'Enciende el droplet, que estaba apagado',
      'It is powering on the droplet, which was off',
    ),
    waitingFor: said('que el droplet arranque', 'the droplet to start'),
  }),
  DropletOff: () => ({
    doing: said('El droplet está apagado', 'The droplet is off'),
    waitingFor: said('que el droplet se encienda', 'the droplet to be powered on'),
  }),
  DropletMissing: () => ({
    doing: said('DigitalOcean no encuentra el droplet', 'DigitalOcean does not find the droplet'),
    waitingFor: said(
      'que una segunda mirada diga si ya no existe',
      'a second look to tell whether it is gone',
    ),
  }),
  DropletNotRunning: () => ({
    doing: said('El droplet no está en marcha', 'The droplet does not run'),
    waitingFor: said('que el droplet vuelva', 'the droplet to come back'),
  }),
  QuotaExceeded: () => ({
    doing: said('No puede crear el droplet todavía', 'It cannot create the droplet yet'),
    waitingFor: said(
      'que la cuenta admita un droplet más',
      'room for one more droplet in the account',
    ),
    brake: said(
      'La cuenta de DigitalOcean alcanzó su límite de droplets',
      'The DigitalOcean account has reached its limit of droplets',
    ),
    canDo: [
      said(
        'Elimine droplets que no se usen, o pida a DigitalOcean un límite mayor',
        'Delete droplets that are not used, or ask DigitalOcean for a higher limit',
      ),
    ],
  }),
  Unavailable: ({ className }) => ({
    doing: said('No puede crear el droplet todavía', 'It cannot create the droplet yet'),
    waitingFor: said(
      'que DigitalOcean ofrezca ese tamaño en esa región',
      'DigitalOcean to offer that size in that region',
    ),
    brake: said(
      'DigitalOcean no ofrece ahora ese tamaño en esa región',
      'DigitalOcean does not offer that size in that region now',
    ),
    canDo: [
      said(
        `Espere, o elija otro tamaño u otra región en la clase "${className}"`,
        `Wait, or choose another size or region in the class "${className}"`,
      ),
    ],
  }),
  TryAgain: () => ({
    doing: said('Pedirá el droplet otra vez', 'It will ask for the droplet again'),
    waitingFor: said('el momento que indicó DigitalOcean', 'the time that DigitalOcean named'),
  }),
  RateLimited: () => ({
    doing: said(
      'Está detenida por el presupuesto de llamadas',
      'It is held by the budget of calls',
    ),
    waitingFor: said(
      'que DigitalOcean acepte más llamadas de este token',
      'DigitalOcean to take more calls of this token',
    ),
    brake: said(
      'Se agotó el presupuesto de llamadas a la API de DigitalOcean (250 por minuto, 5000 por hora)',
      "The budget of calls to DigitalOcean's API is used up (250 a minute, 5,000 an hour)",
    ),
  }),
  Unauthorized: () => ({
    doing: said('No puede hablar con DigitalOcean', 'It cannot talk to DigitalOcean'),
    waitingFor: said('un token que DigitalOcean acepte', 'a token that DigitalOcean takes'),
    brake: said(
      'DigitalOcean rechaza el token: no se crea ningún droplet',
      'DigitalOcean refuses the token: no droplet is created',
    ),
    canDo: [
      said(
        'Ponga un DIGITALOCEAN_TOKEN válido y reinicie el programa',
        'Set a valid DIGITALOCEAN_TOKEN and restart the program',
      ),
    ],
  }),

  Connect: ({ ip }) => ({
    doing: said(
      `Intenta entrar por SSH al droplet en ${ip}`,
      `It is trying to log in by SSH at ${ip}`,
    ),
    waitingFor: said(
      'que el droplet termine de arrancar y acepte la conexión',
      'the droplet to finish booting and take the connection',
    ),
  }),
  HostKeyMismatch: (facts) => ({
    doing: said(
      'El droplet presenta otra clave de host que la que se le dio',
      'The droplet presents another host key than the one it was given',
    ),
    waitingFor: said('la clave de host esperada', 'the host key that is expected'),
    brake: said(
      'No se entra en una máquina que no demuestra ser la nuestra',
      'A machine that does not prove to be ours is not logged into',
    ),
    canDo: [
      said(
        'Compruebe quién responde en esa dirección; si la máquina no es de fiar, elimine la instancia y créela de nuevo',
        'See who answers at that address; if the machine is not to be trusted, delete the instance and create it again',
      ),
      remove(facts),
    ],
  }),

  RotateHostKey: doing(
    'Da al droplet una clave de host hecha por él mismo',
    'It is giving the droplet a host key of its own making',
  ),

  DeleteDroplet: isBeingDeleted,
  DropletDeleting: isBeingDeleted,
  RequestDelete: isBeingDeleted,
  ConfirmGone: isBeingDeleted,
  Deleting: isBeingDeleted,
  DeleteRecord: isBeingDeleted,
  Finalize: doing(
    'El droplet ya no existe; se borra la instancia',
    'The droplet is gone; the instance is being removed',
  ),

  OthersFinalizers: () => ({
    doing: said('Ya no le queda nada por hacer', 'It has nothing left to do'),
    waitingFor: said(
      'que otros programas quiten sus finalizadores',
      'other programs to remove their finalizers',
    ),
    canDo: [
      said(
        'Quite los finalizadores ajenos de metadata.finalizers si quien los puso ya no existe',
        'Remove the foreign entries of metadata.finalizers if whoever set them is no more',
      ),
    ],
  }),
  OrphanDroplet: doing(
    'Deja el droplet en marcha, sin la instancia',
    'It is leaving the droplet to live on without the instance',
  ),
};
