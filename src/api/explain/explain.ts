import type { Explanation } from '../rest/explanation.ts';
import { viewOf } from '../rest/instance-view.ts';
import { type Estimate, estimate } from './estimate.ts';
import { deadlineOf, type Facts, factsOf, type Records } from './facts.ts';
import { storyOf } from './sentences.ts';
import { type Language, repeated, type Said } from './story.ts';

/** Why an instance is as it is, in plain sentences. Pure; `now` in ms since the epoch. */
export function explain(records: Records, language: Language, now: number): Explanation {
  const { instance, timeline, journeys } = records;
  const { status: phase, progress } = viewOf(instance);
  const facts = factsOf(records);
  const story = storyOf(facts, phase);
  const due = deadlineOf(records, facts, now);
  const tell = (text: Said | undefined): string | null => text?.[language] ?? null;
  const isOwn = timeline?.uid === instance.metadata.uid;
  const expected = isOwn ? estimate(timeline, journeys, now) : undefined;
  return {
    numberphone: facts.number,
    phase,
    progress,
    doing: story.doing[language],
    waitingFor: tell(story.waitingFor),
    until: due === undefined ? null : new Date(due).toISOString(),
    tried: tried(records, facts).map((text) => text[language]),
    brake: tell(story.brake),
    canDo: (story.canDo ?? []).map((text) => text[language]),
    detail: facts.detail,
    eta: expected ? told(expected, language) : null,
    timeline: isOwn
      ? timeline.entries.map(({ until: _, waitedFor, ...entry }) => ({
          ...entry,
          waitedFor: repeated(waitedFor)[language],
        }))
      : [],
  };
}

/** What was spent on it so far, in the order of the way. */
function tried({ instance, droplet }: Records, facts: Facts): readonly Said[] {
  const { sshProblem, repairs, restarts = 0, bot } = instance.status ?? {};
  const creates = droplet?.status?.attempts ?? 0;
  const list: Said[] = [];
  if (creates > 0) {
    list.push({
      es: `Se pidió el droplet a DigitalOcean ${times(creates, 'vez', 'veces')}`,
      en: `DigitalOcean was asked for the droplet ${times(creates, 'time', 'times')}`,
    });
  }
  if (sshProblem) {
    const problem = repeated(sshProblem);
    list.push({
      es: `Se intentó entrar por SSH; último problema: ${problem.es}`,
      en: `A login by SSH was tried; the last problem: ${problem.en}`,
    });
  }
  if (facts.attempt > 0) {
    const outcome = facts.exitCode;
    list.push({
      es: `Se preparó el bot ${times(facts.attempt, 'vez', 'veces')} de ${facts.attempts} posibles${outcome === undefined ? '; está en curso' : `; terminó con código ${outcome}`}`,
      en: `The bot was prepared ${times(facts.attempt, 'time', 'times')} of ${facts.attempts} allowed${outcome === undefined ? '; it is under way' : `; it ended with exit code ${outcome}`}`,
    });
  }
  if (bot && bot.failures > 0) {
    const { failures, problem } = bot;
    const why = repeated(problem ?? 'it did not say why');
    list.push({
      es: `El bot no respondió a ${times(failures, 'revisión', 'revisiones')} seguidas: ${why.es}`,
      en: `The bot failed ${times(failures, 'look', 'looks')} in a row: ${why.en}`,
    });
  }
  if (repairs?.rung) {
    list.push({ es: `Se reinició el servicio del bot`, en: `The bot's service was restarted` });
  }
  if (repairs?.rung === 'reboot') {
    list.push({ es: 'Se reinició el droplet', en: 'The droplet was rebooted' });
  }
  if (repairs && repairs.replacements > 0) {
    list.push({
      es: `Se reemplazó el droplet ${times(repairs.replacements, 'vez', 'veces')}`,
      en: `The droplet was replaced ${times(repairs.replacements, 'time', 'times')}`,
    });
  }
  if (!repairs?.rung && restarts > 0) {
    list.push({
      es: `Desde su creación hubo ${times(restarts, 'reinicio', 'reinicios')}`,
      en: `There were ${times(restarts, 'restart', 'restarts')} since it was created`,
    });
  }
  return list;
}

const times = (count: number, one: string, more: string): string =>
  `${count} ${count === 1 ? one : more}`;

const seconds = (ms: number): number => Math.ceil(ms / 1000);

function told({ p50Ms, p95Ms, samples, since, kind, phases }: Estimate, language: Language) {
  const basis: Said = {
    es: `Según ${times(samples, 'instancia', 'instancias')} de esta flota que ${samples === 1 ? 'pasó' : 'pasaron'} por este punto (${kind === 'create' ? 'creación' : 'reparación'}), desde ${since}`,
    en: `From ${times(samples, 'instance', 'instances')} of this fleet that passed this point (${kind === 'create' ? 'creation' : 'repair'}), since ${since}`,
  };
  return {
    p50Seconds: seconds(p50Ms),
    p95Seconds: seconds(p95Ms),
    basis: basis[language],
    samples,
    since,
    phases: phases.map((one) => ({
      phase: one.phase,
      p50Seconds: seconds(one.p50Ms),
      p95Seconds: seconds(one.p95Ms),
      samples: one.samples,
    })),
  };
}
