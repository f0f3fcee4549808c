import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from './log.ts';
import { DEFAULT_CLASS, instanceClassSpec } from './resources/instance-class.ts';
import { type Manifest, parseManifests } from './resources/manifest.ts';
import { manifestErrorText } from './resources/manifest-error.ts';
import { declare } from './store/declare.ts';
import type { Store } from './store/store.ts';

const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

type ClassManifest = Extract<Manifest, { readonly kind: 'InstanceClass' }>;

/** The program's own classes, applied where ORQUESTA_CLASSES_DIR names no others. */
export const OWN_CLASSES = fileURLToPath(new URL('../manifests/classes', import.meta.url));

/** The InstanceClasses of a folder's files. Throws an Error that names file, line and field when a file can't be used. */
export function readClasses(
  folder: string,
): readonly { readonly file: string; readonly manifest: ClassManifest }[] {
  if (!existsSync(folder)) {
    throw new Error(`ORQUESTA_CLASSES_DIR: there is no folder ${folder}; make it, or name another`);
  }
  const files = readdirSync(folder)
    .filter((file) => EXTENSIONS.has(extname(file)))
    .sort()
    .map((file) => join(folder, file));
  return files.flatMap((file) => {
    const { manifests, errors } = parseManifests(readFileSync(file, 'utf8'));
    if (errors) {
      const told = errors.map((error) => `  ${manifestErrorText(error)}`);
      throw new Error([`${file} can't be applied:`, ...told].join('\n'));
    }
    return manifests.map((manifest) => {
      if (manifest.kind === 'InstanceClass') return { file, manifest };
      throw new Error(`${file} holds a ${manifest.kind}: this folder is for InstanceClasses alone`);
    });
  });
}

/**
 * Applies the InstanceClass files of a folder where they differ from what is stored, and makes sure that the class "default"
 * exists. Throws an Error that names file, line and field when a file can't be used; then nothing was applied.
 */
export async function applyClasses(
  folder: string,
  { store, log }: { readonly store: Store; readonly log: Logger },
): Promise<void> {
  for (const { file, manifest } of readClasses(folder)) {
    const result = await declare(store, manifest);
    log[result === 'unchanged' ? 'debug' : 'info'](
      { class: manifest.name, file },
      `InstanceClass ${result}`,
    );
  }
  if (!(await store.get('InstanceClass', DEFAULT_CLASS))) {
    await store.create('InstanceClass', { name: DEFAULT_CLASS, spec: instanceClassSpec.parse({}) });
    log.warn('No file declares the class "default": it was made with an empty bootstrap');
  }
}
