import { BOT_STORIES } from './bot-stories.ts';
import { DROPLET_STORIES, isBeingDeleted } from './droplet-stories.ts';
import { CHANGED, type Facts, UNSEEN } from './facts.ts';
import { FAILURE_STORIES, failed } from './failure-stories.ts';
import { doing, readLog, repeated, type Said, type Story, said, type Tell } from './story.ts';

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

  ...DROPLET_STORIES,
  ...BOT_STORIES,
  ...FAILURE_STORIES,
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
  const { es, en } = repeated(facts.detail);
  return phase === 'failed'
    ? failed(es, en, readLog)(facts)
    : { doing: said(`${PHASES[phase]?.es ?? phase}: ${es}`, en) };
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
