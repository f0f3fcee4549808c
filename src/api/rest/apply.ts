import { Hono } from 'hono';
import { type ManifestError, parseManifests } from '../../resources/manifest.ts';
import { declare } from '../../store/declare.ts';
import { StoreError } from '../../store/store.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { readText } from './input.ts';
import { messages } from './messages.ts';

const TYPES =
  /^(application\/(x-)?yaml|text\/(x-)?yaml|application\/json|text\/plain|application\/octet-stream)\s*(;|$)/i;

/** POST /api/apply: declares what a YAML or JSON text says. Everything is checked before anything is written. */
export function apply({ store }: ApiDeps): Hono {
  const app = new Hono();
  app.post('/', async (c) => {
    const type = c.req.header('content-type');
    if (type !== undefined && !TYPES.test(type)) throw new ApiError(415, messages.wantYaml);
    const dryRun = c.req.query('dryRun') === 'true';
    const refuse = (details: readonly ManifestError[], status: 400 | 409 = 400) =>
      c.json({ success: false, error: messages.badManifest(details.length), details }, status);

    const { manifests, errors } = parseManifests(await readText(c));
    if (errors) return refuse(errors);

    const problems: ManifestError[] = [];
    let isConflict = true;
    for (const manifest of manifests) {
      const { document, kind, name } = manifest;
      try {
        await declare(store, manifest, { dryRun: true });
      } catch (error) {
        if (!(error instanceof StoreError) || error.kind === 'unavailable') throw error;
        isConflict &&= error.kind === 'already-exists';
        problems.push({ document, field: `${kind} ${name}`, message: error.message });
      }
    }
    if (problems.length > 0) return refuse(problems, isConflict ? 409 : 400);

    const results = [];
    for (const manifest of manifests) {
      const { document, kind, name } = manifest;
      results.push({ document, kind, name, result: await declare(store, manifest, { dryRun }) });
    }
    return c.json({ success: true, data: { dryRun, results } });
  });
  return app;
}
