import type { Sentence } from './sentence.ts';

/** What only events say. */
export const EVENT_SENTENCES: readonly Sentence[] = [
  [
    'A create was lost on its way and made no droplet',
    'Un pedido se perdió en el camino y no creó ningún droplet',
  ],
  ['DigitalOcean accepted droplet {id}', 'DigitalOcean aceptó el droplet {id}'],
  ['DigitalOcean accepted droplets {ids+}', 'DigitalOcean aceptó los droplets {ids}'],
  ['Droplet {id} is being deleted', 'Se está eliminando el droplet {id}'],
  [
    'Droplet {id} was off and is being powered on',
    'El droplet {id} estaba apagado y se está encendiendo',
  ],
  ['Droplet {id} was there already and is used', 'El droplet {id} ya existía y se usa'],
  ['Droplet {id} is rebooted ({action})', 'Se reinicia el droplet {id} ({action})'],
  ['Droplet {id} is replaced: {why*}', 'Se reemplaza el droplet {id}: {why}'],
  ['as asked', 'como se pidió'],
  ['Droplet {name+} is taken over', 'Se toma posesión del droplet {name}'],
  ['Droplet {name+} lives on without the instance', 'El droplet {name} sigue sin la instancia'],
  ['Droplet {id} ({name+}) was waiting', 'El droplet {id} ({name}) estaba esperando'],
  ['The droplet is prepared', 'El droplet está preparado'],
  ['{what*} (try {attempt})', '{what} (intento {attempt})'],
  [
    'The bot starts without its WhatsApp session: {why*}',
    'El bot arranca sin su sesión de WhatsApp: {why}',
  ],
  ['Restarted {service} as asked', 'Se reinició {service}, como se pidió'],
  ['Restarted {service}', 'Se reinició {service}'],
  [
    'The droplet has a host key of its own making',
    'El droplet tiene una clave de host hecha por él mismo',
  ],
  [
    'The droplet keeps the host key that it was born with: {why*}',
    'El droplet conserva la clave de host con la que nació: {why}',
  ],
  ['sshd goes on presenting the old key', 'sshd sigue presentando la clave anterior'],
  ['the droplet printed no key', 'el droplet no dio ninguna clave'],
  ['the command ended without a word', 'el comando terminó sin decir nada'],
  ['Nothing is done until spec.paused is false', 'No se hace nada hasta que spec.paused sea false'],
  ['It had failed', 'Había fallado'],
  [
    'Logged in at {ip} with the host key that was made for it',
    'Entró en {ip}, que presentó la clave de host hecha para él',
  ],
  [
    'Logged in at {ip} and trusted its host key on first use',
    'Entró en {ip} y confió en su clave de host al primer uso',
  ],
  ['Its class was changed', 'Su clase fue cambiada'],
  ['It was changed', 'Fue cambiada'],
  ['The instance is gone', 'La instancia ya no existe'],
  ['The instance and its droplet are gone', 'La instancia y su droplet ya no existen'],
  [
    'Droplet {id} was made twice for this object and is deleted; {kept+} is kept',
    'El droplet {id} se creó por segunda vez para este objeto y se elimina; se conserva {kept}',
  ],
  ['Droplet {id} no longer exists in DigitalOcean', 'El droplet {id} ya no existe en DigitalOcean'],
  [
    'Droplet {id} ({name+}) bears our tags and no record stands for it: deleted',
    'El droplet {id} ({name}) lleva nuestras etiquetas y ningún registro responde por él: eliminado',
  ],
  [
    'The pool and all that waited in it are gone',
    'La reserva y todo lo que esperaba en ella ya no existen',
  ],
  [
    'The session is too large to be kept: {why*}',
    'La sesión es demasiado grande para guardarla: {why}',
  ],
  ['{bytes} bytes', '{bytes} bytes'],
  ['{count} files', '{count} archivos'],
  ['{bytes} bytes packed', '{bytes} bytes comprimida'],
  ['{path} holds more than {count} files', '{path} tiene más de {count} archivos'],
  ['{path+} is more than {count} folders deep', '{path} tiene más de {count} niveles de carpetas'],
  ['{path} is neither a file nor a folder', '{path} no es un archivo ni una carpeta'],
  ['{path} holds {name+}', '{path} contiene {name}'],
  [
    '{path+} leads through a link, and links are not followed: name the folder itself in spec.session.path',
    '{path} pasa por un enlace, y los enlaces no se siguen: nombre la carpeta misma en spec.session.path',
  ],
  [
    'There is a link at {path+} or in it, or something else that is neither file nor folder: it is not kept',
    'En {path} hay un enlace, o algo que no es archivo ni carpeta: no se guarda',
  ],
  [
    'The session could not be copied on the droplet: {why*}',
    'La sesión no se pudo copiar en el droplet: {why}',
  ],
  [
    'The bot wrote to its session during each of {count} copies',
    'El bot escribió en su sesión durante cada una de {count} copias',
  ],
  ['There is no {path}', 'No existe {path}'],
  ['There is no room for {path}', 'No hay espacio para {path}'],
  ['The machine refused {path+}: {words*}', 'La máquina rechazó {path}: {words}'],
  ['{where} offers no SFTP: {words*}', '{where} no ofrece SFTP: {words}'],
  ['What was saved of it cannot be read', 'Lo que se guardó de ella no se puede leer'],
  ['There is nothing at {path+}', 'No hay nada en {path}'],
  ['{what*}: the droplet is prepared anew', '{what}: el droplet se prepara de nuevo'],
];
