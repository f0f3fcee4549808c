import type { Language } from './preferences.ts';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** A span as people say it, with two units at most: 8 s, 2 min 5 s, 3 h 20 min, 12 d. The same in both languages. Pure. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return joined(whole, MINUTE, 'min', 1, 's');
  if (whole < DAY) return joined(whole, HOUR, 'h', MINUTE, 'min');
  if (whole < 10 * DAY) return joined(whole, DAY, 'd', HOUR, 'h');
  return `${Math.floor(whole / DAY)} d`;
}

/** As `durationText`, with tenths where seconds are all there is: 0.4 s. Pure. */
export function spanText(seconds: number, language: Language): string {
  if (seconds >= 10) return durationText(seconds);
  return `${countText(Math.round(Math.max(0, seconds) * 10) / 10, language)} s`;
}

/** A span in its greatest unit alone, for a column: 8 s, 2 min, 3 h, 12 d. Pure. */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)} h`;
  return `${Math.floor(whole / DAY)} d`;
}

function joined(seconds: number, great: number, greatUnit: string, small: number, unit: string) {
  const rest = Math.floor((seconds % great) / small);
  const first = `${Math.floor(seconds / great)} ${greatUnit}`;
  return rest === 0 ? first : `${first} ${rest} ${unit}`;
}

const locale = (language: Language): string => (language === 'es' ? 'es-CO' : 'en-US');

const formats = new Map<string, Intl.DateTimeFormat>();
function timeFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale(language), { hourCycle: 'h23', ...options });
  formats.set(key, made);
  return made;
}

/** A time of day with seconds, in the zone of whoever looks. `time`: RFC 3339 or ms since the epoch. */
export const clockText = (time: string | number, language: Language): string =>
  timeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    new Date(time),
  );

/** Day and time of day; the year where it is another. */
export const dateText = (time: string | number, language: Language): string =>
  timeFormat(language, {
    ...(new Date(time).getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(time));

export const countText = (count: number, language: Language): string =>
  new Intl.NumberFormat(locale(language)).format(count);

/** US dollars; what is less than a cent keeps its digits. */
export function moneyText(usd: number, language: Language): string {
  const isTiny = usd > 0 && usd < 0.1;
  return new Intl.NumberFormat(locale(language), {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'code',
    maximumFractionDigits: isTiny ? 4 : 2,
  }).format(usd);
}

/** Seconds between two times, each RFC 3339 or ms since the epoch. */
export const secondsBetween = (from: string | number, to: string | number): number =>
  (new Date(to).getTime() - new Date(from).getTime()) / 1000;
