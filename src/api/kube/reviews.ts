import { z } from 'zod';
import { contentType, JSON_TYPE, parseBytes, readBytes } from './body.ts';
import { badRequest, unsupportedMediaType } from './errors.ts';
import { API_GROUP } from './group.ts';
import { fieldsOf } from './openapi/protobuf.ts';
import type { KubeRequest } from './request.ts';
import { json } from './respond.ts';

/** kubectl 1.32 and newer send reviews so, and know no other way. */
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const MAGIC = Buffer.from('k8s\0');

/** Whoever has a key may do everything that there is: there is one kind of user. */
const USER = { username: 'admin', groups: ['system:authenticated'] };

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
  const apiVersion = `${group}/v1`;
  const metadata = { creationTimestamp: null };
  switch (resource) {
    case 'selfsubjectaccessreviews': {
      const status = access(spec);
      return json(
        request,
        { kind: 'SelfSubjectAccessReview', apiVersion, metadata, spec, status },
        201,
      );
    }
    case 'selfsubjectrulesreviews':
      return json(
        request,
        { kind: 'SelfSubjectRulesReview', apiVersion, metadata, spec, status: RULES },
        201,
      );
    default:
      return json(
        request,
        { kind: 'SelfSubjectReview', apiVersion, metadata, status: { userInfo: USER } },
        201,
      );
  }
}

const RULES = {
  incomplete: false,
  resourceRules: [
    { verbs: ['*'], apiGroups: [API_GROUP], resources: ['*'] },
    {
      verbs: ['get', 'list', 'watch'],
      apiGroups: [''],
      resources: ['events', 'namespaces', 'services'],
    },
  ],
  nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['*'] }],
};

function access({ resourceAttributes, nonResourceAttributes }: Spec): {
  readonly allowed: boolean;
  readonly reason: string;
} {
  if (nonResourceAttributes) {
    const allowed = ['get', 'head'].includes(nonResourceAttributes.verb ?? '');
    return { allowed, reason: allowed ? 'the key opens everything' : 'paths can only be read' };
  }
  const { group, resource, verb } = resourceAttributes ?? {};
  const isServed = RULES.resourceRules.some(
    ({ apiGroups, resources, verbs }) =>
      (apiGroups.includes(group ?? '') || group === '*') &&
      (resources.includes('*') || resources.includes(resource ?? '')) &&
      (verbs.includes('*') || verbs.includes(verb ?? '')),
  );
  const allowed = isServed || (group === '*' && resource === '*');
  return {
    allowed,
    reason: allowed ? 'the key opens everything' : 'there is no such resource here',
  };
}

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
