import { brakeIn } from './brake.ts';
import { isBeingDeleted } from './droplet-stories.ts';
import { api, doing, readLog, said, type Tell } from './story.ts';

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
/** A bot is prepared, and kept well. */
export const BOT_STORIES: Readonly<Record<string, Tell>> = {
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
  RepairsPaused: ({ detail }) => {
    const told = brakeIn(detail);
    return {
      doing: said(
        'El bot o su droplet no responde, y la reparación está detenida',
        'The bot or its droplet does not answer, and its repair is held',
      ),
      waitingFor: said(
        'que se suelte el freno de la flota',
        'the brake of the fleet to be released',
      ),
      brake: told?.brake ?? said('Un freno de la flota', 'A brake of the fleet'),
      canDo: told ? [told.canDo] : [],
    };
  },
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
};
