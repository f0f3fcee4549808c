import { z } from 'zod';
import { kinds } from '../../resources/kinds.ts';
import { type Caller, mayAct, type Role, roleFor } from '../access/roles.ts';
import { contentType, JSON_TYPE, parseBytes, readBytes } from './body.ts';
import { badRequest, unsupportedMediaType } from './errors.ts';
import { API_GROUP, kindOfPlural, SUBRESOURCE_VERBS, subresourcesOf, VERBS } from './group.ts';
import { fieldsOf } from './openapi/protobuf.ts';
import type { KubeRequest } from './request.ts';
import { json } from './respond.ts';

/** kubectl 1.32 and newer send reviews so, and know no other way. */
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const MAGIC = Buffer.from('k8s\0');

const optionalText = z.string().nullish();
const reviewBody = z.object({
  spec: z
    .object({
      namespace: optionalText,
      resourceAttributes: z
        .object({
          namespace: optionalText,
          verb: optionalText,
          group: optionalText,
          version: optionalText,
          resource: optionalText,
          subresource: optionalText,
          name: optionalText,
        })
        .nullish(),
      nonResourceAttributes: z.object({ path: optionalText, verb: optionalText }).nullish(),
    })
    .nullish(),
});
type Spec = NonNullable<z.infer<typeof reviewBody>['spec']>;

/** POST of a review: what may the caller do, and who is it? Throws KubeError. */
export async function review(
  { group, resource }: { readonly group: string; readonly resource: string },
  request: KubeRequest,
): Promise<Response> {
  const spec = await readSpec(request);
  const caller: Caller = request.c.get('caller');
  const apiVersion = `${group}/v1`;
  const metadata = { creationTimestamp: null };
  switch (resource) {
    case 'selfsubjectaccessreviews': {
      const status = access(spec, caller);
      return json(
        request,
        { kind: 'SelfSubjectAccessReview', apiVersion, metadata, spec, status },
        201,
      );
    }
    case 'selfsubjectrulesreviews':
      return json(
        request,
        { kind: 'SelfSubjectRulesReview', apiVersion, metadata, spec, status: rules(caller) },
        201,
      );
    default:
      return json(
        request,
        { kind: 'SelfSubjectReview', apiVersion, metadata, status: { userInfo: userOf(caller) } },
        201,
      );
  }
}

const METHODS: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const READS = ['get', 'list', 'watch'];
const CORE = ['events', 'namespaces', 'services'];

/** May the caller do this? By the same rules as the request itself will be let through or not. */
function access(
  { resourceAttributes, nonResourceAttributes }: Spec,
  caller: Caller,
): { readonly allowed: boolean; readonly reason: string } {
  if (nonResourceAttributes) {
    const allowed = ['get', 'head'].includes(nonResourceAttributes.verb ?? '');
    return { allowed, reason: allowed ? '' : 'paths can only be read' };
  }
  const { group, resource = '', subresource, verb = '' } = resourceAttributes ?? {};
  const isAll = resource === '*';
  if (group === '' || group == null) {
    const allowed = READS.includes(verb ?? '') && CORE.includes(resource ?? '');
    return {
      allowed,
      reason: allowed ? '' : 'there is no such resource here, or it can only be read',
    };
  }
  const isServed = isAll || kindOfPlural(resource ?? '') !== undefined;
  if ((group !== API_GROUP && group !== '*') || !isServed) {
    return { allowed: false, reason: 'there is no such resource here' };
  }
  const needed =
    isAll && !READS.includes(verb ?? '')
      ? 'admin'
      : roleOf(verb ?? '', resource ?? '', subresource);
  const allowed = mayAct(caller, needed);
  return {
    allowed,
    reason: `the key "${caller.name}" is a ${caller.role}'s; this needs ${needed}`,
  };
}

const roleOf = (verb: string, plural: string, subresource?: string | null): Role =>
  roleFor(
    METHODS[verb] ?? (READS.includes(verb) ? 'GET' : 'POST'),
    `/apis/${API_GROUP}/v1/${plural}${subresource ? `/name/${subresource}` : ''}`,
  );

/** All that the caller may do. */
function rules(caller: Caller) {
  const writes = Object.values(kinds).flatMap(({ plural, kind }) =>
    [undefined, ...subresourcesOf(kind)].map((subresource) => ({
      verbs: (subresource === undefined ? VERBS : SUBRESOURCE_VERBS).filter((verb) =>
        mayAct(caller, roleOf(verb, plural, subresource)),
      ),
      apiGroups: [API_GROUP],
      resources: [subresource === undefined ? plural : `${plural}/${subresource}`],
    })),
  );
  return {
    incomplete: false,
    resourceRules: [...writes, { verbs: READS, apiGroups: [''], resources: CORE }],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['*'] }],
  };
}

const userOf = ({ name, role }: Caller) => ({
  username: name,
  groups: [`orquesta:${role}`, 'system:authenticated'],
});

async function readSpec({ c }: KubeRequest): Promise<Spec> {
  const type = contentType(c);
  const bytes = await readBytes(c);
  if (type !== JSON_TYPE && type !== PROTOBUF_TYPE) {
    throw unsupportedMediaType([JSON_TYPE, PROTOBUF_TYPE]);
  }
  const value = type === PROTOBUF_TYPE ? fromProtobuf(bytes) : parseBytes(bytes);
  const parsed = reviewBody.safeParse(value);
  if (!parsed.success) throw badRequest('the body of the request is no review');
  return parsed.data.spec ?? {};
}

/** runtime.Unknown around the review: https://github.com/kubernetes/api/blob/master/authorization/v1/generated.proto */
function fromProtobuf(bytes: Buffer): unknown {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw badRequest("the body of the request is not Kubernetes' protobuf");
  }
  try {
    const unknown = fieldsOf(bytes.subarray(MAGIC.length));
    const type = fieldsOf(unknown.get(1) ?? new Uint8Array());
    const spec = fieldsOf(fieldsOf(unknown.get(2) ?? new Uint8Array()).get(2) ?? new Uint8Array());
    const textAt = (fields: ReadonlyMap<number, Uint8Array>, number: number): string =>
      Buffer.from(fields.get(number) ?? []).toString('utf8');
    if (textAt(type, 2) === 'SelfSubjectRulesReview')
      return { spec: { namespace: textAt(spec, 1) } };
    const [resource, path] = [spec.get(1), spec.get(2)];
    const named = (message: Uint8Array, names: readonly string[]) => {
      const fields = fieldsOf(message);
      return Object.fromEntries(names.map((name, index) => [name, textAt(fields, index + 1)]));
    };
    return {
      spec: {
        ...(resource ? { resourceAttributes: named(resource, RESOURCE_FIELDS) } : {}),
        ...(path ? { nonResourceAttributes: named(path, ['path', 'verb']) } : {}),
      },
    };
  } catch (error) {
    throw badRequest(`the body of the request can't be read: ${(error as Error).message}`);
  }
}
const RESOURCE_FIELDS = [
  'namespace',
  'verb',
  'group',
  'version',
  'resource',
  'subresource',
  'name',
];
