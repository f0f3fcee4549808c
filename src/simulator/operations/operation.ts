import type { z } from 'zod';
import type { Answer, CallContext } from '../api.ts';
import { Refusal } from '../refusal.ts';
import { pageJson } from '../wire.ts';

/** One call of the API. It throws Refusal where DigitalOcean answers with an error. */
export interface Operation {
  readonly run: (context: CallContext) => Answer;
  /** Makes droplets: faults from a droplet's birth apply. */
  readonly creates?: true;
  /** The call's `id` is a droplet's. */
  readonly onDroplet?: true;
}

/** One page of a list, by `page` and `per_page`. Throws Refusal when they are none. */
export function paged<T>(context: CallContext, key: string, items: readonly T[]): Answer {
  const number = (name: string, fallback: number, most: number) => {
    const given = Number(context.query.get(name) ?? fallback);
    if (!Number.isInteger(given) || given < 1 || given > most) {
      throw new Refusal(422, `${name} must be a whole number from 1 to ${most}.`);
    }
    return given;
  };
  const perPage = number('per_page', 20, 200);
  const page = number('page', 1, 1_000_000);
  return ok(pageJson(key, items, page, perPage, context.call.url));
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const notFound = () =>
  new Refusal(404, 'The resource you were accessing could not be found.');

/** Throws Refusal that names the first field that is wrong. */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const where = first?.path.join('.') ?? '';
  throw new Refusal(422, [where, first?.message].filter(Boolean).join(': '));
}
