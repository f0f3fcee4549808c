import type { Sentence } from './sentence.ts';

/** What the controller says of an instance: the why of its plans, and its conditions. */
export const INSTANCE_SENTENCES: readonly Sentence[] = [
  ['No controller has looked at it yet', 'Ningún controlador la ha atendido todavía'],
  // Deleted, paused, failed.
  [
    'Done, but for the finalizers that others have set',
    'Hecho, salvo los finalizers que pusieron otros',
  ],
  ['The droplet is gone', 'El droplet ya no existe'],
  [
    'Leaving the droplet to live on without the instance',
    'Deja que el droplet siga sin la instancia',
  ],
  ['Deleting the droplet', 'Elimina el droplet'],
  ['The droplet is being deleted', 'Se está eliminando el droplet'],
  ['The old droplet is being deleted', 'Se está eliminando el droplet anterior'],
  ['The instance is no longer paused', 'La instancia ya no está en pausa'],
  ['The instance is to be left alone', 'Se pidió no hacerle nada a la instancia'],
  [
    'Paused: nothing is done until spec.paused is false',
    'En pausa: no se hace nada hasta que spec.paused sea false',
  ],
  ['{what*} after it failed: starting anew', '{what} después de fallar: comienza de nuevo'],
  ['The instance was changed', 'La instancia fue cambiada'],
  ['InstanceClass "{name+}" was changed', 'La InstanceClass "{name}" fue cambiada'],
  [
    'There is no InstanceClass "{name+}": apply one of that name. The droplet is left as it is, and nobody looks after its bot',
    'No existe la InstanceClass "{name}": aplique una con ese nombre. El droplet se deja como está, y nadie cuida de su bot',
  ],
  [
    'There is no InstanceClass "{name+}": apply one of that name',
    'No existe la InstanceClass "{name}": aplique una con ese nombre',
  ],
  // How it gets its droplet.
  ['The droplet that was claimed is no more', 'El droplet que tomó de la reserva ya no existe'],
  ['Claiming droplet {id} from its pool', 'Toma de la reserva el droplet {id}'],
  [
    'The droplet that was to be claimed went to another',
    'El droplet que iba a tomar de la reserva fue para otra instancia',
  ],
  [
    'Its own droplet goes before it takes the one of the pool',
    'Su propio droplet se retira antes de que tome el de la reserva',
  ],
  ['Its own droplet was asked for meanwhile', 'Mientras tanto se pidió su propio droplet'],
  [
    'Giving up its own droplet for droplet {id} of the pool',
    'Renuncia a su propio droplet por el droplet {id} de la reserva',
  ],
  [
    'An earlier droplet of this name is still being deleted',
    'Todavía se está eliminando un droplet anterior con este nombre',
  ],
  ['Droplet {name+} is to be taken over', 'Se pidió tomar posesión del droplet {name}'],
  [
    'Ya existe una instancia en DigitalOcean para este número ({which+})',
    'Ya existe una instancia en DigitalOcean para este número ({which})',
  ],
  ['Looking whether the number has a droplet already', 'Mira si el número ya tiene un droplet'],
  ['Declaring the droplet', 'Declara el droplet'],
  ['A new droplet was asked for', 'Se pidió un droplet nuevo'],
  ['The droplet was given up', 'El droplet se dio por perdido'],
  ['The droplet is about to be created', 'El droplet está por crearse'],
  [
    'Droplet {id} had no address after {seconds} s',
    'El droplet {id} no tuvo dirección después de {seconds} s',
  ],
  [
    'DigitalOcean accepted droplet {id}, which has no address yet',
    'DigitalOcean aceptó el droplet {id}, que aún no tiene dirección',
  ],
  // SSH.
  [
    '{what*} If its key was changed on purpose, ask for a new droplet: annotation {annotation+}',
    '{what} Si su clave se cambió a propósito, pida un droplet nuevo: anotación {annotation}',
  ],
  [
    'Droplet {id} may have been made by an earlier create that was taken for lost, and has a host key that nobody knows',
    'Puede que el droplet {id} sea de una petición anterior que se dio por perdida, y tiene una clave de host que nadie conoce',
  ],
  [
    'No SSH session with droplet {id} at {ip} within {seconds} s: {why*}',
    'No hubo sesión SSH con el droplet {id} en {ip} en {seconds} s: {why}',
  ],
  [
    'No SSH session with droplet {id} at {ip} within {seconds} s',
    'No hubo sesión SSH con el droplet {id} en {ip} en {seconds} s',
  ],
  ['Waiting for SSH at {ip}', 'Espera a SSH en {ip}'],
  [
    'Giving the droplet a host key of its own making',
    'Da al droplet una clave de host hecha por él mismo',
  ],
  // The bootstrap.
  ['Preparing the droplet (try {attempt})', 'Prepara el droplet (intento {attempt})'],
  ['Preparing the droplet', 'Prepara el droplet'],
  ['The bootstrap ended with exit code {code}', 'La preparación terminó con código {code}'],
  [
    'The droplet went down while it was being prepared',
    'El droplet se apagó mientras se preparaba',
  ],
  ['The bootstrap took longer than {seconds} s', 'La preparación tardó más de {seconds} s'],
  [
    '{what*}, after 1 try. Read its log, mend the class or the instance, and apply or restart it',
    '{what}, después de 1 intento. Lea su registro, corrija la clase o la instancia, y aplíquela o reiníciela',
  ],
  [
    '{what*}, after {tries} tries. Read its log, mend the class or the instance, and apply or restart it',
    '{what}, después de {tries} intentos. Lea su registro, corrija la clase o la instancia, y aplíquela o reiníciela',
  ],
  ['{what*}; trying again', '{what}; lo intenta otra vez'],
  // The bot.
  [
    'The bot answers, and waits for its turn to be re-initialised: see InstanceClass "{name+}"',
    'El bot responde, y espera su turno para prepararse de nuevo: vea la InstanceClass "{name}"',
  ],
  ['The bot answers', 'El bot responde'],
  ['A restart was asked for', 'Se pidió un reinicio'],
  ['Waiting for the bot to answer', 'Espera a que el bot responda'],
  [
    'The bot did not answer within {seconds} s of its start',
    'El bot no respondió en los {seconds} s desde su inicio',
  ],
  [
    'The bot failed {count} looks in a row: {why*}',
    'El bot falló {count} revisiones seguidas: {why}',
  ],
  // The ladder, and its brakes.
  [
    '{what*}. Orquesta did not make the droplet and does not replace it',
    '{what}. Orquesta no creó el droplet y no lo reemplaza',
  ],
  [
    '{what*}, and 1 replacement did not help. Look at the events and the log, then restart the instance',
    '{what}, y 1 reemplazo no ayudó. Mire los eventos y el registro, y reinicie la instancia',
  ],
  [
    '{what*}, and {count} replacements did not help. Look at the events and the log, then restart the instance',
    '{what}, y {count} reemplazos no ayudaron. Mire los eventos y el registro, y reinicie la instancia',
  ],
  [
    '{what*}. Look at the events and the log, then restart the instance',
    '{what}. Mire los eventos y el registro, y reinicie la instancia',
  ],
  ['{what*}. No repair now: {brake*}', '{what}. No se repara ahora: {brake}'],
  ['{what*}, and its droplet is off', '{what}, y su droplet está apagado'],
  ['{what*}, and its droplet is missing', '{what}, y su droplet falta en la cuenta'],
  ['{what*}: restarting its service', '{what}: reinicia su servicio'],
  ['{what*}: rebooting the droplet', '{what}: reinicia el droplet'],
  ['{what*}: replacing the droplet', '{what}: reemplaza el droplet'],
  [
    '{sick} of {watched} bots look sick at once, more than {percent} %: look for a common cause',
    '{sick} de {watched} bots parecen enfermos a la vez, más del {percent} %: busque una causa común',
  ],
  [
    "DigitalOcean's API was away just now; what looks sick is looked at anew until {until}",
    'la API de DigitalOcean acaba de fallar; lo que parece enfermo se revisa de nuevo hasta {until}',
  ],
  [
    '{what} was away just now; what looks sick is looked at anew until {until}',
    '{what} acaba de fallar; lo que parece enfermo se revisa de nuevo hasta {until}',
  ],
  [
    '{count} of {all} instances are having their droplet replaced, and no more than {most} may at a time',
    'a {count} de {all} instancias se les está reemplazando el droplet, y no se permiten más de {most} a la vez',
  ],
  // Conditions.
  ['Droplet {id} is at {ip}', 'El droplet {id} está en {ip}'],
  [
    'An SSH session was opened with the pinned host key',
    'Se abrió una sesión SSH con la clave de host fijada',
  ],
  ['The bootstrap ended with exit code 0', 'La preparación terminó bien'],
  [
    'The bot is up and its QR is there to scan',
    'El bot funciona y su código QR está listo para escanear',
  ],
  ['Waits for the steps before it', 'Espera a los pasos anteriores'],
  ['The bot has not told', 'El bot no lo ha dicho'],
  ['The number is linked', 'El número está vinculado'],
  ['The bot reports "{session+}"', 'El bot informa "{session}"'],
  ['The class is missing', 'Falta la clase'],
  ['There is no droplet to compare', 'No hay droplet que comparar'],
  [
    'The droplet was adopted: Orquesta did not choose what it is',
    'El droplet fue adoptado: Orquesta no eligió cómo es',
  ],
  ['It is what the class asks for', 'Es como lo pide la clase'],
  [
    'The class asks for another droplet: {fields+}. It stays as it is until the annotation {annotation+} asks for a new one; it gets the WhatsApp session as it was saved last',
    'La clase pide otro droplet: {fields}. Se queda como está hasta que la anotación {annotation} pida uno nuevo, que recibe la sesión de WhatsApp como se guardó por última vez',
  ],
  [
    'The class asks for another droplet: {fields+}. It stays as it is until the annotation {annotation+} asks for a new one; the WhatsApp session on it is lost then',
    'La clase pide otro droplet: {fields}. Se queda como está hasta que la anotación {annotation} pida uno nuevo; entonces se pierde su sesión de WhatsApp',
  ],
];
