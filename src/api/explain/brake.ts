import { repeated, type Said, said } from './story.ts';

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
  readonly canDo: Said;
}

const repairs = said('Freno de reparaciones', 'Brake on repairs');

/** The brakes by the controller's sentences. A test holds both sides together. */
const BRAKES: readonly Brake[] = [
  { sentence: /^\d+ of \d+ bots look sick at once/, name: repairs, canDo: commonCause },
  { sentence: / was away just now; /, name: repairs, canDo: byItself },
  {
    sentence: /^\d+ of \d+ instances are having their droplet replaced/,
    name: said('Freno de reemplazos', 'Brake on replacements'),
    canDo: byItself,
  },
];

/** The brake that a controller's sentence on a held repair names; undefined when it names none that is known here. Pure. */
export function brakeIn(detail: string): ToldBrake | undefined {
  const at = detail.indexOf(MARK);
  if (at === -1) return undefined;
  const sentence = detail.slice(at + MARK.length);
  const known = BRAKES.find((brake) => brake.sentence.test(sentence));
  if (!known) return undefined;
  const { name, canDo } = known;
  const { es, en } = repeated(sentence);
  return { brake: said(`${name.es}: ${es}`, `${name.en}: ${en}`), canDo };
}
