import { type Context, Hono } from 'hono';
import { type Manifest, parseManifests } from '../../resources/manifest.ts';
import { type Declared, declare } from '../../store/declare.ts';
import { StoreError } from '../../store/store.ts';
import { type Caller, mayAct, roleToWrite } from '../access/roles.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { operation } from '../openapi/operation.ts';
import { applyManifests, type Detail, type Result } from './apply-operation.ts';
import { manifestSentence } from './field-messages.ts';
import { readText } from './input.ts';
import { APPLY_MANAGER } from './managers.ts';
import { messages } from './messages.ts';

const TYPES =
  /^(application\/(x-)?yaml|text\/(x-)?yaml|application\/json|text\/plain|application\/octet-stream)$/i;

/** POST /api/apply: declares what a YAML or JSON text says. Everything is checked before anything is written. */
export function apply({ store }: ApiDeps): Hono {
  const app = new Hono();
  const answer = operation(applyManifests, async (c, { query }) => {
    const dryRun = query.dryRun === 'true';
    const manifests = await readManifests(c);
    if (!Array.isArray(manifests)) return c.json(manifests, 400);
    mustBeAllowed(c.get('caller'), manifests);

    const refusals: Refusal[] = [];
    for (const manifest of manifests) {
      const outcome = await refusable(manifest, () =>
        declare(store, manifest, { dryRun: true, manager: APPLY_MANAGER }),
      );
      if (typeof outcome !== 'string') refusals.push(outcome);
    }
    if (refusals.length > 0) {
      const isConflict = refusals.every((refusal) => refusal.isConflict);
      return c.json(refused(refusals.map(({ detail }) => detail)), isConflict ? 409 : 400);
    }

    const results: Result[] = [];
    for (const manifest of manifests) {
      const { document, kind, name } = manifest;
      const outcome = await refusable(manifest, () =>
        declare(store, manifest, { dryRun, manager: APPLY_MANAGER }),
      );
      if (typeof outcome !== 'string') {
        // Another writer came between the check and this write.
        const { detail } = outcome;
        const error = messages.appliedInPart(results.length, withPlace(detail));
        return c.json({ success: false, error, details: [detail], results }, 409);
      }
      results.push({ document, kind, name, result: outcome });
    }
    return c.json({ success: true, data: { dryRun, results } });
  });
  app.post('/', answer);
  return app;
}

function mustBeAllowed(caller: Caller, manifests: readonly Manifest[]): void {
  const beyond = manifests.find(({ kind }) => !mayAct(caller, roleToWrite(kind)));
  if (beyond) throw new ApiError(403, messages.adminsOnly(beyond.kind));
}

async function readManifests(
  c: Context,
): Promise<readonly Manifest[] | ReturnType<typeof refused>> {
  const contentType = c.req.header('content-type');
  const text = await readText(c, TYPES, messages.wantYaml);
  const { manifests, errors } = parseManifests(text, { contentType });
  if (errors) {
    return refused(
      errors.map((error) => ({
        document: error.document,
        line: error.line,
        column: error.column,
        field: error.field ?? null,
        message: manifestSentence(error),
      })),
    );
  }
  if (manifests.length === 0) throw new ApiError(400, messages.noManifests);
  return manifests;
}

interface Refusal {
  readonly detail: Detail;
  readonly isConflict: boolean;
}

/** What declaring a manifest comes to, or why the store does not take it as things stand. */
async function refusable(
  manifest: Manifest,
  work: () => Promise<Declared>,
): Promise<Declared | Refusal> {
  const { document, kind, name } = manifest;
  const at = (path: readonly string[]) => ({ document, ...manifest.locate(path) });
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.kind === 'invalid') {
      const field = error.field ?? 'spec';
      const message = messages.immutable(field);
      return { detail: { ...at(field.split('.')), field, message }, isConflict: false };
    }
    const isBusy = error.kind === 'conflict' || error.kind === 'not-found';
    if (error.kind !== 'already-exists' && !isBusy) throw error;
    const message = isBusy ? messages.conflict : messages.beingDeleted(kind, name);
    return { detail: { ...at([]), field: null, message }, isConflict: true };
  }
}

function refused(details: readonly Detail[]) {
  const [first] = details;
  const error = messages.badManifests(details.length, first ? withPlace(first) : '');
  return { success: false, error, details } as const;
}

const withPlace = ({ document, line, message }: Detail): string =>
  `documento ${document}, línea ${line}: ${message}`;
