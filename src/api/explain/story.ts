import { spanishOf } from '../../resources/spanish/in-spanish.ts';
import type { Facts } from './facts.ts';

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

export type Tell = (facts: Facts) => Story;

export const said = (es: string, en: string): Said => ({ es, en });
/** What the controller said. */
export const repeated = (sentence: string): Said => said(spanishOf(sentence), sentence);
export const doing =
  (es: string, en: string): Tell =>
  () => ({ doing: said(es, en) });

export const api = '/api/instance';
export const readLog = ({ number }: Facts): Said =>
  said(`Lea el registro: GET ${api}/logs/${number}`, `Read the log: GET ${api}/logs/${number}`);
export const restart = ({ number }: Facts): Said =>
  said(
    `Corrija la causa y comience de nuevo: POST ${api}/restart/${number}`,
    `Mend the cause and start anew: POST ${api}/restart/${number}`,
  );
export const remove = ({ number }: Facts): Said =>
  said(
    `Elimine la instancia: DELETE ${api}/${number}`,
    `Delete the instance: DELETE ${api}/${number}`,
  );
export const machine = ({ dropletId }: Facts): string =>
  dropletId === undefined ? '' : ` ${dropletId}`;
