import type { ObjectMeta, Resource } from '../../../src/resources/meta.ts';

/** What of an object is there to be declared; the rest is the server's. */
function declaredOf({ apiVersion, kind, metadata, spec }: Resource) {
  const { name, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    spec,
  };
}

export async function declaredYaml(object: Resource): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(declaredOf(object), { lineWidth: 0 });
}

/** The same but for what the server writes: two versions between which nobody declared anything. */
export const isDeclaredAlike = (a: Resource, b: Resource): boolean =>
  JSON.stringify(declaredOf(a)) === JSON.stringify(declaredOf(b));

export async function statusYaml({ metadata, status }: Resource): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify({ metadata, status }, { lineWidth: 0 });
}

/** The object as it is to be stored: all of the text's, over what the server holds of it. Throws for a text that is no YAML. */
export async function editedObject(text: string, old: Resource): Promise<Resource> {
  const { parse } = await import('yaml');
  const given = parse(text) as Partial<Resource> & { readonly metadata?: Partial<ObjectMeta> };
  const { labels, annotations } = given.metadata ?? {};
  return {
    apiVersion: old.apiVersion,
    kind: old.kind,
    metadata: { ...old.metadata, labels, annotations },
    spec: given.spec,
  };
}
