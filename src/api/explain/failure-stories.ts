import type { Facts } from './facts.ts';
import type { Said } from './story.ts';
import { readLog, remove, restart, said, type Tell } from './story.ts';

export const failed =
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

/** Given up, until somebody changes something. */
export const FAILURE_STORIES: Readonly<Record<string, Tell>> = {
  ForeignDroplet: taken,
  NameTaken: taken,
  NumberServed: failed(
    'un droplet que dejó una instancia anterior atiende ya este número; elimínelo primero',
    'a droplet that an earlier instance left behind serves this number already; delete it first',
  ),
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
