import type { Sentence } from './sentence.ts';

const ANOTHER_MACHINE = 'es otra máquina. No se le envió ninguna credencial.';

/** Why a machine is not logged into, a command on it failed, or its bot does not answer. */
export const MACHINE_SENTENCES: readonly Sentence[] = [
  [
    'Port {port} of {host} is closed: the machine is up, sshd is not yet',
    'El puerto {port} de {host} está cerrado: la máquina funciona, sshd todavía no',
  ],
  ['Port {port} of {host} does not answer', 'El puerto {port} de {host} no responde'],
  ['{where} did not answer TCP within {ms} ms.', '{where} no respondió por TCP en {ms} ms.'],
  [
    '{where} refused the connection: nothing listens there.',
    '{where} rechazó la conexión: allí no escucha nadie.',
  ],
  ['{where} closed the connection at once.', '{where} cerró la conexión enseguida.'],
  ['{where} cannot be reached (unknown error).', '{where} es inalcanzable (error desconocido).'],
  ['{where} cannot be reached ({code}).', '{where} es inalcanzable ({code}).'],
  [
    'The connection to {where} was given up by its caller.',
    'Quien pidió la conexión con {where} desistió.',
  ],
  [
    'The connection to {where} broke during the login.',
    'La conexión con {where} se cortó al entrar.',
  ],
  ['The login to {where} was given up by its caller.', 'Quien pidió entrar en {where} desistió.'],
  [
    'The login to {where} was given up by this process, which is ending.',
    'El controlador, que se está cerrando, dejó de entrar en {where}.',
  ],
  ['{where} closed the connection during the login.', '{where} cerró la conexión al entrar.'],
  [
    '{where} wants its password changed before it takes commands; log in by SSH key or set the password anew.',
    '{where} exige cambiar su contraseña antes de aceptar comandos; entre con clave SSH o ponga otra contraseña.',
  ],
  [
    '{where} took none of the credentials; check DIGITALOCEAN_SSH_PASSWORD and SSH_PRIVATE_KEY_FILE, and what its sshd allows.',
    '{where} no aceptó ninguna credencial; revise DIGITALOCEAN_SSH_PASSWORD y SSH_PRIVATE_KEY_FILE, y qué permite su sshd.',
  ],
  [
    '{where} answers TCP, but did not finish the SSH handshake in time.',
    '{where} responde por TCP, pero no terminó a tiempo el saludo de SSH.',
  ],
  [
    '{where} presents the host key {key}, but {known} is expected: it is another machine, or someone is in between. No credential was sent to it.',
    '{where} presenta la clave de host {key}, pero se espera {known}: es otra máquina, o hay alguien en medio. No se le envió ninguna credencial.',
  ],
  [
    '{where} presents no {type} host key, but {known} is expected: it is another machine. No credential was sent to it.',
    `{where} no presenta una clave de host {type}, pero se espera {known}: ${ANOTHER_MACHINE}`,
  ],
  [
    'The host key recorded for {where} cannot be read.',
    'La clave de host guardada para {where} no se puede leer.',
  ],
  [
    'The host key recorded for {where} is of no type that can be verified.',
    'La clave de host guardada para {where} no es de un tipo que se pueda comprobar.',
  ],
  [
    'The command on {where} was given up by its caller.',
    'Quien pidió el comando en {where} desistió.',
  ],
  [
    'The command on {where} was ended with its session.',
    'El comando en {where} terminó junto con su sesión.',
  ],
  [
    'The command on {where} did not end within {ms} ms.',
    'El comando en {where} no terminó en {ms} ms.',
  ],
  [
    'The command on {where} was cut off: the connection broke.',
    'El comando en {where} quedó a medias: se cortó la conexión.',
  ],
  [
    'systemctl restart {service} ended with exit code {code}: {words*}',
    'systemctl restart {service} terminó con código {code}: {words}',
  ],

  ['The bot answered HTTP {status} at {path+}.', 'El bot respondió HTTP {status} en {path}.'],
  [
    'The bot answers TCP, but no HTTP within {seconds} s.',
    'El bot responde por TCP, pero no por HTTP en {seconds} s.',
  ],
  [
    "The bot's machine does not answer TCP within {seconds} s.",
    'La máquina del bot no responde por TCP en {seconds} s.',
  ],
  [
    'The connection to the bot was refused: nothing listens there.',
    'La conexión con el bot fue rechazada: allí no escucha nadie.',
  ],
  ['The bot answers TCP, but not in HTTP.', 'El bot responde por TCP, pero no en HTTP.'],
  [
    'The bot closed the connection before it had answered.',
    'El bot cerró la conexión antes de responder.',
  ],
  [
    "The bot's machine cannot be reached (unknown error).",
    'La máquina del bot es inalcanzable (error desconocido).',
  ],
  ["The bot's machine cannot be reached ({code}).", 'La máquina del bot es inalcanzable ({code}).'],

  [
    'The class started the bot although ORQUESTA_STAGE was "prepare": its script must leave that to the stage "start"',
    'La clase inició el bot aunque ORQUESTA_STAGE era "prepare": su script debe dejarlo para la etapa "start"',
  ],
  [
    'The droplet could not be reached until the {seconds} s of the bootstrap were over: {why*}',
    'No se pudo llegar al droplet hasta que se acabaron los {seconds} s de la preparación: {why}',
  ],
  ['it did not say why', 'no dijo por qué'],
  [
    '{name+}: The variable {variable} is not for bots: give the secret another name, or add that one to ORQUESTA_SECRET_ENV',
    '{name}: La variable {variable} no es para los bots: dé otro nombre al secreto, o agregue ese a ORQUESTA_SECRET_ENV',
  ],
  [
    '{name+}: The controller has no variable {variable}: set it and restart',
    '{name}: El controlador no tiene la variable {variable}: póngala y reinícielo',
  ],
  [
    '{name+}: The file {file+} is not below {folder+} (ORQUESTA_SECRETS_DIR): put it there',
    '{name}: El archivo {file} no está en {folder} (ORQUESTA_SECRETS_DIR): póngalo allí',
  ],
  [
    "{name+}: The file {file+} is not for bots: it is one of Orquesta's own",
    '{name}: El archivo {file} no es para los bots: es uno de los de Orquesta',
  ],
  [
    "{name+}: The controller can't read the file {file+} ({code}): put it below {folder+} (ORQUESTA_SECRETS_DIR), readable for it",
    '{name}: El controlador no puede leer el archivo {file} ({code}): póngalo en {folder} (ORQUESTA_SECRETS_DIR), donde pueda leerlo',
  ],
  [
    "{name+}: The file {file+} can't be the value of a variable: it must be UTF-8 text of at most {bytes} bytes without NUL characters",
    '{name}: El archivo {file} no puede ser el valor de una variable: debe ser texto UTF-8 de a lo sumo {bytes} bytes, sin caracteres NUL',
  ],
];
