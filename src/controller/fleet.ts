import type { Instance } from '../resources/instance.ts';
import type { InstanceClass } from '../resources/instance-class.ts';
import { revisionsOf } from './bootstrap/run.ts';
import type { Member } from './rollout.ts';
import type { Objects } from './triggers.ts';

/** The instances of a class as this process last saw them. */
export interface Fleet {
  readonly classRevision: string;
  readonly members: readonly Member[];
}

/** Keeps the digests of instances that have not changed since: a class's rollout looks at all of them at every step. */
export class FleetView {
  readonly #objects: Objects;
  readonly #botRepository: string;
  readonly #known = new WeakMap<Instance, { readonly class: string; readonly revision: string }>();

  constructor(deps: { readonly objects: Objects; readonly botRepository: string }) {
    this.#objects = deps.objects;
    this.#botRepository = deps.botRepository;
  }

  of({ metadata, spec }: InstanceClass): Fleet {
    const revisions = revisionsOf(spec, this.#botRepository);
    const members = this.#objects
      .list('Instance')
      .items.filter((instance) => instance.spec.className === metadata.name)
      .map((instance) => {
        const known = this.#known.get(instance);
        if (known?.class === revisions.ofClass) return { instance, revision: known.revision };
        const revision = revisions.of(instance.spec);
        this.#known.set(instance, { class: revisions.ofClass, revision });
        return { instance, revision };
      });
    return { classRevision: revisions.ofClass, members };
  }
}
