import type { Chance } from './chance.ts';

/** As much of JSON Schema as the two descriptions of the API use. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
  readonly minimum?: number;
}

/** What fits a field of this name, where its type alone does not tell. */
const FITTING: Readonly<Record<string, readonly unknown[]>> = {
  numberphone: ['573332221111', '573332221112', '+57 333 222 1113'],
  name: ['web', 'mine'],
  className: ['default'],
  apiVersion: ['orquesta.clientfy.io/v1'],
  kind: ['Instance', 'InstanceClass', 'InstancePool', 'Droplet'],
  region: ['sfo3'],
  size: ['s-1vcpu-512mb-10gb'],
  which: ['web', '4711', 'bot-573332221111'],
  restartedAt: ['2026-01-31T12:00:00Z'],
};

/** A value that a schema describes; or nearly, where a pattern says more than its type. */
export function sample(schema: Schema | undefined, chance: Chance, name = '', depth = 0): unknown {
  if (schema === undefined || depth > 8) return 'x';
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return chance.one(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return sample(chance.one(choices), chance, name, depth + 1);
  const fitting = Object.hasOwn(FITTING, name) ? FITTING[name] : undefined;
  const type = [schema.type].flat()[0] ?? 'string';
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => schema.required?.includes(key) || chance.is(0.3))
          .map(([key, value]) => [key, sample(value, chance, key, depth + 1)]),
      );
    case 'array':
      return chance.times(2, () => sample(schema.items, chance, '', depth + 1));
    case 'integer':
    case 'number':
      return (schema.minimum ?? 0) + chance.below(5);
    case 'boolean':
      return chance.is(0.5);
    case 'null':
      return null;
    default:
      return fitting ? chance.one(fitting) : chance.one(['x', 'a-b', '1']);
  }
}
