import type { Resource } from '../../../src/resources/meta.ts';
import { getObject, putObject } from '../api/calls.ts';
import { ApiFailure } from '../api/http.ts';
import { editedObject, isDeclaredAlike } from './object-yaml.ts';

/** Somebody else declared something since the editing began: it is not to be written over unseen. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** The controller writes status all the time: that alone is no reason to refuse an edit. */
const TRIES = 5;

/** Stores an edited text in place of `old`. Throws ChangedMeanwhile, or ApiFailure for what the server refuses. */
export async function replace(plural: string, old: Resource, text: string): Promise<Resource> {
  for (let attempt = 1; ; attempt++) {
    const current = await getObject(plural, old.metadata.name);
    if (!isDeclaredAlike(current, old)) throw new ChangedMeanwhile();
    try {
      return await putObject(plural, await editedObject(text, current));
    } catch (error) {
      const isRace = error instanceof ApiFailure && error.status === 409;
      if (!isRace || attempt === TRIES) throw error;
    }
  }
}
