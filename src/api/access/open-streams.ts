/** How many streams each key holds open: watches, events and logs that are followed. One process's memory. */
export class OpenStreams {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more, until what it answers is called; undefined: there are as many as may be. */
  open(name: string): (() => void) | undefined {
    const count = this.#open.get(name) ?? 0;
    if (count >= this.#most) return undefined;
    this.#open.set(name, count + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#open.get(name) ?? 1) - 1;
      if (left === 0) this.#open.delete(name);
      else this.#open.set(name, left);
    };
  }
}
