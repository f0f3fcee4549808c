/**
 * Who stands in metadata.managedFields for what these calls write: a server-side apply that would change it is told of the conflict
 * by this name.
 */
export const REST_MANAGER = 'orquesta-rest';
export const APPLY_MANAGER = 'orquesta-apply';
