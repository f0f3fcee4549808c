import { z } from 'zod';
import type { Answer } from './operation.ts';

/** The envelope of what went well. */
export const success = <S extends z.ZodType>(data: S) =>
  z.strictObject({ success: z.literal(true), data });

/** The envelope of what did not. */
export const failure = z.strictObject({
  success: z.literal(false),
  error: z.string().min(1).describe('Una frase: qué pasó, con qué, y qué hacer'),
});

/** An answer in JSON, bare. */
export const json = (description: string, schema: z.ZodType, example: unknown): Answer => ({
  description,
  content: { 'application/json': { schema, example } },
});

/** An answer in JSON, in its envelope. `example` is of the data alone. */
export const data = (description: string, schema: z.ZodType, example: unknown): Answer =>
  json(description, success(schema), { success: true, data: example });
