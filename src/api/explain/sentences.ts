import { CHANGED, type Facts, UNSEEN } from './facts.ts';

export const LANGUAGES = ['es', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same in both languages. */
export type Said = Readonly<Record<Language, string>>;

/** What is said about one reason. */
export interface Story {
  readonly doing: Said;
  /** Absent: it waits for nobody, it works. */
  readonly waitingFor?: Said | undefined;
  /** What holds it up on purpose. */
  readonly brake?: Said | undefined;
  readonly canDo?: readonly Said[] | undefined;
}

type Tell = (facts: Facts) => Story;

const said = (es: string, en: string): Said => ({ es, en });
const doing =
  (es: string, en: string): Tell =>
  () => ({ doing: said(es, en) });

const api = '/api/instance';
const readLog = ({ number }: Facts): Said =>
  said(`Lea el registro: GET ${api}/logs/${number}`, `Read the log: GET ${api}/logs/${number}`);
const restart = ({ number }: Facts): Said =>
  said(
    `Corrija la causa y comience de nuevo: POST ${api}/restart/${number}`,
    `Mend the cause and start anew: POST ${api}/restart/${number}`,
  );
const remove = ({ number }: Facts): Said =>
  said(
    `Elimine la instancia: DELETE ${api}/${number}`,
    `Delete the instance: DELETE ${api}/${number}`,
  );
const machine = ({ dropletId }: Facts): string => (dropletId === undefined ? '' : ` ${dropletId}`);

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
const isBeingDeleted: Tell = (facts) => ({
  doing: said(`Elimina el droplet${machine(facts)}`, `It is deleting droplet${machine(facts)}`),
  waitingFor: said(
    'que DigitalOcean confirme que el droplet ya no existe',
    'DigitalOcean to confirm that the droplet is gone',
  ),
});
const preparing: Tell = (facts) => ({
  doing: said(
    `Instala y prepara el bot en el droplet (intento ${Math.max(1, facts.attempt)} de ${facts.attempts})`,
    `It is installing and preparing the bot on the droplet (try ${Math.max(1, facts.attempt)} of ${facts.attempts})`,
  ),
  waitingFor: said('que termine el programa de preparación', 'the bootstrap to end'),
  canDo: [
    said(
      `Siga el registro en vivo: GET ${api}/logs/${facts.number}?follow=true`,
      `Follow its log live: GET ${api}/logs/${facts.number}?follow=true`,
    ),
  ],
});
const failed =
  (es: string, en: string, ...canDo: readonly ((facts: Facts) => Said)[]): Tell =>
  (facts) => ({
    doing: said(`Falló: ${es}. No se intenta nada más`, `It failed: ${en}. Nothing more is tried`),
    canDo: [...canDo.map((one) => one(facts)), restart(facts), remove(facts)],
  });
const taken: Tell = (facts) => ({
  doing: said(
    'Falló: otro droplet atiende ya este número. No se intenta nada más',
    'It failed: another droplet serves this number already. Nothing more is tried',
  ),
  canDo: [
    said(
      'Elimine ese droplet, o tome posesión de él con la anotación orquesta.clientfy.io/adopt: "true"',
      'Delete that droplet, or take it over with the annotation orquesta.clientfy.io/adopt: "true"',
    ),
    restart(facts),
    remove(facts),
  ],
});

const STORIES: Readonly<Record<string, Tell>> = {
  [UNSEEN]: () => ({
    doing: said(
      'Está declarada y todavía no se ha atendido',
      'It is declared and was not looked at yet',
    ),
    waitingFor: said('que un controlador la atienda', 'a controller to look at it'),
    canDo: [
      said(
        'Si pasan más de unos segundos, compruebe que haya un controlador en marcha: GET /readyz',
        'If it takes more than some seconds, see that a controller runs: GET /readyz',
      ),
    ],
  }),
  [CHANGED]: doing(
    'Fue cambiada después de fallar y comienza de nuevo',
    'It was changed after it failed and starts anew',
  ),
  StartAnew: doing('Comienza de nuevo', 'It starts anew'),

  // A droplet is made.
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

  // It is reached.
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

  // It is prepared.
  ClassNotFound: ({ className }) => ({
    doing: said('No sabe cómo preparar el bot', 'It does not know how to prepare the bot'),
    waitingFor: said(
      `la clase "${className}", que no existe`,
      `the class "${className}", which does not exist`,
    ),
    canDo: [
      said(
        `Aplique una InstanceClass con el nombre "${className}": POST /api/apply`,
        `Apply an InstanceClass of the name "${className}": POST /api/apply`,
      ),
    ],
  }),
  SecretMissing: ({ className }) => ({
    doing: said('No puede preparar el bot todavía', 'It cannot prepare the bot yet'),
    waitingFor: said(
      'un secreto que sus variables nombran y que el controlador no encuentra',
      'a secret that its variables name and that the controller does not find',
    ),
    canDo: [
      said(
        `Ponga la variable o el archivo en el controlador, o corrija env en la instancia o en la clase "${className}"`,
        `Give the controller that variable or file, or mend env in the instance or in the class "${className}"`,
      ),
    ],
  }),
  StartBootstrap: preparing,
  FollowBootstrap: preparing,
  BootstrapBackoff: (facts) => ({
    doing: said(
      `La preparación falló (código ${facts.exitCode}, intento ${facts.attempt} de ${facts.attempts}); la repetirá`,
      `The bootstrap failed (exit code ${facts.exitCode}, try ${facts.attempt} of ${facts.attempts}); it will be tried again`,
    ),
    waitingFor: said('una pausa antes del próximo intento', 'a pause before the next try'),
    canDo: [readLog(facts)],
  }),
  AwaitBot: () => ({
    doing: said('El bot fue iniciado', 'The bot was started'),
    waitingFor: said('que el bot responda', 'the bot to answer'),
  }),

  // It is kept well.
  Completed: (facts) => ({
    doing: facts.isLinked
      ? said('El bot funciona y el número está vinculado', 'The bot is up and the number is linked')
      : said(
          'El bot funciona; el número aún no está vinculado',
          'The bot is up; the number is not linked yet',
        ),
    waitingFor: facts.isLinked
      ? undefined
      : said('que alguien escanee el código QR', 'somebody to scan the QR code'),
    canDo: facts.isLinked
      ? []
      : [
          said(
            `Escanee el código QR: GET ${api}/qr/${facts.number}`,
            `Scan the QR code: GET ${api}/qr/${facts.number}`,
          ),
        ],
  }),
  SaveSession: doing(
    'Guarda una copia de la sesión de WhatsApp',
    'It is saving a copy of the WhatsApp session',
  ),
  RestartService: doing('Reinicia el servicio del bot', "It is restarting the bot's service"),
  Reboot: doing('Reinicia el droplet', 'It is rebooting the droplet'),
  ReplaceDroplet: doing(
    'Reemplaza el droplet por uno nuevo',
    'It is replacing the droplet by a new one',
  ),
  DropletReplacing: (facts) => ({
    ...isBeingDeleted(facts),
    doing: said(
      'Elimina el droplet anterior antes de crear el nuevo',
      'It is deleting the former droplet before it creates the new one',
    ),
  }),
  RepairsPaused: () => ({
    doing: said(
      'El bot o su droplet no responde, y la reparación está detenida',
      'The bot or its droplet does not answer, and its repair is held',
    ),
    waitingFor: said('que se suelte el freno de la flota', 'the brake of the fleet to be released'),
    brake: said(
      'Freno de la flota: demasiados bots parecen enfermos a la vez, Redis o DigitalOcean acaban de fallar, o ya se reemplazan tantos droplets como está permitido',
      'Brake of the fleet: too many bots look sick at once, Redis or DigitalOcean was away just now, or as many droplets as allowed are being replaced',
    ),
    canDo: [
      said(
        'Busque una causa común (red, proveedor, una clase recién cambiada); se suelta solo',
        'Look for a common cause (network, provider, a class that was just changed); it is released by itself',
      ),
    ],
  }),
  Pause: doing('Entra en pausa', 'It is being paused'),
  Resume: doing('Sale de la pausa', 'It is being resumed'),
  Paused: ({ number }) => ({
    doing: said('Está en pausa: no se le hace nada', 'It is paused: nothing is done to it'),
    waitingFor: said('que se quite la pausa', 'the pause to be lifted'),
    brake: said('spec.paused es true', 'spec.paused is true'),
    canDo: [
      said(
        `Quite la pausa: aplique el manifiesto de bot-${number} con paused: false`,
        `Lift the pause: apply the manifest of bot-${number} with paused: false`,
      ),
    ],
  }),

  // It goes.
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

  // It has failed.
  ForeignDroplet: taken,
  NameTaken: taken,
  CreateRefused: failed(
    'DigitalOcean rechazó el pedido del droplet',
    'DigitalOcean refused to create the droplet',
    ({ className }) =>
      said(
        `Revise región, tamaño e imagen de la clase "${className}"`,
        `Look at region, size and image of the class "${className}"`,
      ),
  ),
  DropletDeadlineExceeded: failed(
    'el droplet no tuvo dirección a tiempo',
    'the droplet had no address in time',
  ),
  SSHDeadlineExceeded: failed(
    'no se pudo entrar por SSH al droplet a tiempo',
    'the droplet could not be logged into in time',
  ),
  BootstrapFailed: failed(
    'la preparación del bot no terminó bien',
    'the bootstrap did not succeed',
    readLog,
  ),
  BotUnhealthy: failed(
    'el bot no responde, y las reparaciones no ayudaron',
    'the bot does not answer, and repairs did not help',
    readLog,
  ),
};

/** What there is to say. A reason that has no story of its own is told by its phase and by the controller's sentence. Pure. */
export function storyOf(facts: Facts, phase: string): Story {
  if (phase === 'failed' && facts.reason === 'HostKeyMismatch') {
    return failed(
      'el droplet presenta otra clave de host que la que se le dio',
      'the droplet presents another host key than the one it was given',
    )(facts);
  }
  if (phase === 'deleting' && !TRUE_OF_DELETION.has(facts.reason)) return isBeingDeleted(facts);
  // A name that is being freed is waited for; one that is taken for good is a failure.
  if (facts.reason === 'NameTaken' && phase !== 'failed') return isBeingDeleted(facts);
  const story = STORIES[facts.reason];
  if (story) return story(facts);
  const isFailed = phase === 'failed';
  return isFailed
    ? failed(facts.detail, facts.detail, readLog)(facts)
    : { doing: said(`${PHASES[phase]?.es ?? phase}: ${facts.detail}`, facts.detail) };
}

/** What was said of an instance before its deletion was asked for is true no more. */
const TRUE_OF_DELETION = new Set([
  'DropletDeleting',
  'Finalize',
  'OthersFinalizers',
  'OrphanDroplet',
  'Unauthorized',
  'RateLimited',
]);

const PHASES: Readonly<Record<string, Said>> = {
  creating_droplet: said('Crea el droplet', 'It is creating the droplet'),
  waiting_for_ssh: said('Espera al droplet', 'It is waiting for the droplet'),
  initializing: said('Prepara el bot', 'It is preparing the bot'),
  completed: said('El bot funciona', 'The bot is up'),
  deleting: said('Se elimina', 'It is being deleted'),
};
