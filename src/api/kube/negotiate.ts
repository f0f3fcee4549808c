import { KubeError } from './errors.ts';

/** In what shape an answer is wanted: the objects themselves, a table for people, or their metadata alone. */
export type Form = 'object' | 'table' | 'metadata';

interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const JSON_TYPES = new Set(['application/json', 'application/*', '*/*']);

/** The media types of an Accept header in the order in which the client names them. None: anything will do. */
function mediaTypes(accept: string | undefined): readonly MediaType[] {
  if (accept === undefined || accept.trim() === '') return [{ type: '*/*', parameters: {} }];
  return accept.split(',').map((one) => {
    const [type = '', ...rest] = one.split(';').map((part) => part.trim());
    const parameters = rest.map((part): [string, string] => {
      const [name = '', value = ''] = part.split('=');
      return [name.trim().toLowerCase(), value.trim()];
    });
    return { type: type.toLowerCase(), parameters: Object.fromEntries(parameters) };
  });
}

/** The first wanted form that can be had. Throws KubeError 406. */
export function formOf(accept: string | undefined): Form {
  for (const { type, parameters } of mediaTypes(accept)) {
    const { as, g: group, v: version } = parameters;
    if (!JSON_TYPES.has(type)) continue;
    if (as === undefined) return 'object';
    if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  throw notAcceptable();
}

/** The version of the aggregated discovery that is wanted before plain JSON, if it is. Throws KubeError 406. */
export function discoveryForm(accept: string | undefined): 'plain' | 'v2' | 'v2beta1' {
  for (const { type, parameters } of mediaTypes(accept)) {
    if (!JSON_TYPES.has(type)) continue;
    const { as, v } = parameters;
    if (as === undefined) return 'plain';
    if (as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  throw notAcceptable();
}

const notAcceptable = (): KubeError =>
  new KubeError(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/json;as=Table;v=v1;g=meta.k8s.io',
  );
