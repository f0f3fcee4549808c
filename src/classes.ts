import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Logger } from './log.ts';
import { DEFAULT_CLASS, instanceClassSpec } from './resources/instance-class.ts';
import { parseManifests } from './resources/manifest.ts';
import { manifestErrorText } from './resources/manifest-error.ts';
import { declare } from './store/declare.ts';
import type { Store } from './store/store.ts';

const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

/**
 * Applies the InstanceClass files of a folder where they differ from what is stored, and makes sure that the class "default"
 * exists. Throws an Error that names file, line and field when a file can't be used; then nothing of it was applied.
 */
export async function applyClasses(
  folder: string,
  { store, log }: { readonly store: Store; readonly log: Logger },
): Promise<void> {
  if (!existsSync(folder)) {
    throw new Error(`ORQUESTA_CLASSES_DIR: there is no folder ${folder}; make it, or name another`);
  }
  const files = readdirSync(folder)
    .filter((file) => EXTENSIONS.has(extname(file)))
    .sort();
  for (const file of files) {
    const path = join(folder, file);
    const { manifests, errors } = parseManifests(readFileSync(path, 'utf8'));
    if (errors) {
      const told = errors.map((error) => `  ${manifestErrorText(error)}`);
      throw new Error([`${path} can't be applied:`, ...told].join('\n'));
    }
    for (const manifest of manifests) {
      if (manifest.kind !== 'InstanceClass') {
        throw new Error(
          `${path} holds a ${manifest.kind}: this folder is for InstanceClasses alone`,
        );
      }
      const result = await declare(store, manifest);
      log[result === 'unchanged' ? 'debug' : 'info'](
        { class: manifest.name, file: path },
        `InstanceClass ${result}`,
      );
    }
  }
  if (!(await store.get('InstanceClass', DEFAULT_CLASS))) {
    await store.create('InstanceClass', { name: DEFAULT_CLASS, spec: instanceClassSpec.parse({}) });
    log.warn('No file declares the class "default": it was made with an empty bootstrap');
  }
}
