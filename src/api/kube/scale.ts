import { z } from 'zod';
import { checkFields } from '../../resources/field-errors.ts';
import type { InstancePool } from '../../resources/instance-pool.ts';
import { kinds } from '../../resources/kinds.ts';
import { contentType, readValue } from './body.ts';
import { mustBeKind } from './decode.ts';
import { badRequest, invalid, notFound } from './errors.ts';
import { causeOf } from './invalid.ts';
import { editor, PATCH_TYPES } from './patch.ts';
import { type KubeRequest, readObject } from './request.ts';
import { json } from './respond.ts';
import { change } from './write.ts';

const AUTOSCALING = 'autoscaling/v1';

const scaleBody = z.object({
  metadata: z
    .object({
      name: z.string().optional(),
      uid: z.string().optional(),
      resourceVersion: z.string().optional(),
    })
    .prefault({}),
  spec: z.object({ replicas: z.int().min(0).default(0) }).prefault({}),
});

/** autoscaling/v1 Scale of a pool. */
function scaleOf({ metadata, spec, status }: InstancePool) {
  const { name, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: 'Scale',
    apiVersion: AUTOSCALING,
    metadata: { name, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas },
    status: { replicas: status?.replicas ?? 0, selector: '' },
  };
}

export async function getScale(name: string, request: KubeRequest): Promise<Response> {
  const pool = await request.store.get('InstancePool', name);
  if (pool === undefined) throw notFound({ plural: kinds.InstancePool.plural, name });
  return json(request, scaleOf(pool));
}

/** PUT and PATCH of a scale are writes of the pool's spec.replicas. Throws KubeError. */
export async function writeScale(name: string, request: KubeRequest): Promise<Response> {
  const isPatch = request.c.req.method === 'PATCH';
  const parsed = isPatch ? await readValue(request.c, PATCH_TYPES) : await readObject(request);
  const type = contentType(request.c);
  const patch = isPatch ? editor(type, parsed) : undefined;
  if (!isPatch) mustBeKind('Scale', parsed.value, AUTOSCALING);
  const changed = await change('InstancePool', name, undefined, request, (stored) => {
    const wanted = patch ? patch.edit(scaleOf(stored)) : parsed.value;
    const checked = checkFields(scaleBody, wanted);
    if (checked.errors) {
      throw invalid(
        { kind: 'Scale', name, group: 'autoscaling' },
        checked.errors.map((error) => causeOf(error, wanted)),
      );
    }
    const { metadata, spec } = checked.value;
    if (metadata.name !== undefined && metadata.name !== name) {
      throw badRequest(
        `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
      );
    }
    const { uid = stored.metadata.uid, resourceVersion = stored.metadata.resourceVersion } =
      metadata;
    return {
      body: {
        value: {
          ...stored,
          metadata: { ...stored.metadata, uid, resourceVersion },
          spec: { ...stored.spec, replicas: spec.replicas },
        },
        duplicates: [],
      },
      base: stored.metadata.managedFields,
      isPinned: patch ? patch.pinned : metadata.resourceVersion !== undefined,
    };
  });
  return json(request, scaleOf(changed));
}
