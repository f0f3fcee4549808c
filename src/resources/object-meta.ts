import { z } from 'zod';
import { annotations, labels, objectName } from './meta.ts';

/** As Kubernetes demands: a qualified name with a prefix, but for its own two. */
const finalizer = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?|orphan|foregroundDeletion)$/,
    'must be a name with a domain, like example.com/backup',
  );

const ownerReference = z.strictObject({
  apiVersion: z.string().min(1).describe('API version of the owner.'),
  kind: z.string().min(1).describe('Kind of the owner.'),
  name: z.string().min(1).describe('Name of the owner.'),
  uid: z.string().min(1).describe('UID of the owner.'),
  controller: z.boolean().optional().describe('The owner that looks after this object.'),
  blockOwnerDeletion: z
    .boolean()
    .optional()
    .describe('A deletion of the owner in the foreground waits for this object.'),
});

const managedFields = z.looseObject({
  manager: z.string().optional().describe('Who writes these fields.'),
  operation: z.string().optional().describe('Apply or Update.'),
  apiVersion: z.string().optional().describe('The version in which the fields are named.'),
  time: z.string().nullish().describe('When they were written last.'),
  fieldsType: z.string().optional().describe('FieldsV1.'),
  fieldsV1: z.looseObject({}).optional().describe('The fields, as a tree.'),
  subresource: z.string().optional().describe('The subresource through which they were written.'),
});

/** Kubernetes' ObjectMeta as clients send it. What the server sets is accepted, so that a file that was read can be written, and ignored. */
export const objectMeta = z.strictObject({
  name: objectName
    .optional()
    .describe('Name of the object, unique among its kind. Cannot be changed.'),
  generateName: z
    .string()
    .max(253)
    .optional()
    .describe('Beginning of the name when none is given; the server adds five characters.'),
  namespace: z.string().optional().describe('Empty: these objects belong to no namespace.'),
  labels: labels.optional().describe('Keys and values by which objects can be selected.'),
  annotations: annotations.optional().describe('Keys and values that tools keep with the object.'),
  finalizers: z
    .array(finalizer)
    .optional()
    .describe('The object is not removed before this list is empty.'),
  ownerReferences: z
    .array(ownerReference)
    .optional()
    .describe('Objects that this one depends on: it is deleted when all of them are gone.'),
  uid: z.string().optional().describe('Unique in time and space. Set by the server.'),
  resourceVersion: z
    .string()
    .optional()
    .describe(
      'Version of the object; a write that names an old one is refused. Set by the server.',
    ),
  generation: z.int().optional().describe('Rises with every change of the spec.'),
  creationTimestamp: z.string().nullish().describe('When the object was created.'),
  deletionTimestamp: z.string().nullish().describe('When its deletion was asked for.'),
  deletionGracePeriodSeconds: z.int().nullish().describe('Always 0.'),
  managedFields: z.array(managedFields).optional().describe('Who wrote which fields.'),
  selfLink: z.string().optional().describe('Not used any more.'),
});
export type GivenMeta = z.infer<typeof objectMeta>;
