import type { Ports } from '../../simulation/gate.ts';
import type { World } from '../../simulation/world.ts';

/** One deliberate fault in how instances and droplets are kept. */
export interface Mutant {
  readonly name: string;
  /** A fault in the reconciler's own code. Answers how to undo it. */
  readonly install?: () => () => void;
  /** A fault in how it uses its ports. */
  readonly tamper?: (ports: Ports, world: World) => Ports;
}

/** Reconcilers are frozen by their type alone. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A port with some methods replaced. */
export function replaced<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy(port, {
    get: (target, property) => {
      const own = methods[property as keyof T] ?? Reflect.get(target, property);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}
