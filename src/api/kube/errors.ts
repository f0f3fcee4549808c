import { API_GROUP } from './group.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

interface Details {
  readonly name?: string | undefined;
  readonly group?: string | undefined;
  readonly kind?: string | undefined;
  readonly uid?: string | undefined;
  readonly causes?: readonly Cause[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** metav1.Status: how Kubernetes tells of an error, and of a deletion that is done. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Details | undefined;
  readonly code?: number;
}

type Code = 400 | 401 | 403 | 404 | 405 | 406 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503;

/** An answer other than success, as Kubernetes' clients understand it. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: Code;
  /** One of Kubernetes' own: clients decide by it. */
  readonly reason: string;
  readonly details: Details | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: Code,
    reason: string,
    message: string,
    more: {
      readonly details?: Details | undefined;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = more.details;
    this.headers = more.headers ?? {};
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** Which object an error is about: the plural of its kind, its name, its API group ("" for core). */
export interface Target {
  readonly plural: string;
  readonly name: string;
  readonly group?: string;
}

const about = ({ plural, name, group = API_GROUP }: Target) => ({
  text: `${group === '' ? plural : `${plural}.${group}`} "${name}"`,
  details: { name, ...(group === '' ? {} : { group }), kind: plural },
});

/** The sentences are Kubernetes' own: its users know them. */
export const badRequest = (message: string): KubeError => new KubeError(400, 'BadRequest', message);

export const unauthorized = (): KubeError =>
  new KubeError(401, 'Unauthorized', 'Unauthorized', { headers: { 'www-authenticate': 'Bearer' } });

export const notFound = (target: Target): KubeError => {
  const { text, details } = about(target);
  return new KubeError(404, 'NotFound', `${text} not found`, { details });
};

export const noSuchPath = (): KubeError =>
  new KubeError(404, 'NotFound', 'the server could not find the requested resource', {
    details: {},
  });

export const methodNotAllowed = (allowed: readonly string[]): KubeError =>
  new KubeError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    { details: {}, headers: { allow: allowed.join(', ') } },
  );

export const alreadyExists = (target: Target): KubeError => {
  const { text, details } = about(target);
  return new KubeError(409, 'AlreadyExists', `${text} already exists`, { details });
};

export const conflict = (target: Target, why: string = MODIFIED): KubeError => {
  const { text, details } = about(target);
  const message = `Operation cannot be fulfilled on ${text}: ${why}`;
  return new KubeError(409, 'Conflict', message, { details });
};
const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export const expired = (message: string): KubeError => new KubeError(410, 'Expired', message);

export const unsupportedMediaType = (accepted: readonly string[]): KubeError =>
  new KubeError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

/** One or several wrong fields of an object. `kind` is the singular, as in manifests. */
export const invalid = (
  {
    kind,
    name,
    group = API_GROUP,
  }: { readonly kind: string; readonly name: string; readonly group?: string },
  causes: readonly Cause[],
): KubeError => {
  const told = causes.map(({ field, message }) => `${field}: ${message}`);
  const list = told.length === 1 ? told[0] : `[${told.join(', ')}]`;
  const message = `${group === '' ? kind : `${kind}.${group}`} "${name}" is invalid: ${list}`;
  return new KubeError(422, 'Invalid', message, { details: { name, group, kind, causes } });
};

export const fieldInvalid = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value) ?? 'null'}: ${why}`,
  field,
});

export const fieldRequired = (field: string, why?: string): Cause => ({
  reason: 'FieldValueRequired',
  message: why === undefined ? 'Required value' : `Required value: ${why}`,
  field,
});

export const fieldForbidden = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});
