import { type Said, said } from './story.ts';

/** A brake by its name and numbers, and what its release takes. */
export interface ToldBrake {
  readonly brake: Said;
  readonly canDo: Said;
}

/** What stands before the brake's own sentence in the controller's. */
const MARK = 'No repair now: ';

const byItself = said(
  'No hace falta hacer nada: se suelta solo',
  'There is nothing to do: it is released by itself',
);
const commonCause = said(
  'Busque una causa común (red, proveedor, una clase recién cambiada); se suelta solo',
  'Look for a common cause (network, provider, a class that was just changed); it is released by itself',
);

interface Brake {
  readonly sentence: RegExp;
  readonly name: Said;
  readonly es: (...parts: readonly string[]) => string;
  readonly canDo: Said;
}

const repairs = said('Freno de reparaciones', 'Brake on repairs');

/** The controller's sentences, and the same in Spanish. A test holds both sides together. */
const BRAKES: readonly Brake[] = [
  {
    sentence: /^(\d+) of (\d+) bots look sick at once, more than (\d+) %/,
    name: repairs,
    es: (sick, watched, percent) =>
      `${sick} de ${watched} bots parecen enfermos a la vez, más del ${percent} %`,
    canDo: commonCause,
  },
  {
    sentence: /^(.+) was away just now; .* until (\S+)$/,
    name: repairs,
    es: (what, until) =>
      `${what === "DigitalOcean's API" ? 'la API de DigitalOcean' : what} acaba de fallar; lo que parece enfermo se revisa de nuevo hasta ${until}`,
    canDo: byItself,
  },
  {
    sentence: /^(\d+) of (\d+) instances are having .* no more than (\d+) may at a time$/,
    name: said('Freno de reemplazos', 'Brake on replacements'),
    es: (replacing, all, most) =>
      `a ${replacing} de ${all} instancias se les está reemplazando el droplet, y no se permiten más de ${most} a la vez`,
    canDo: byItself,
  },
];

/** The brake that a controller's sentence on a held repair names; undefined when it names none that is known here. Pure. */
export function brakeIn(detail: string): ToldBrake | undefined {
  const at = detail.indexOf(MARK);
  if (at === -1) return undefined;
  const sentence = detail.slice(at + MARK.length);
  for (const { sentence: form, name, es, canDo } of BRAKES) {
    const found = form.exec(sentence);
    if (found) {
      const brake = said(`${name.es}: ${es(...found.slice(1))}`, `${name.en}: ${sentence}`);
      return { brake, canDo };
    }
  }
  return undefined;
}
