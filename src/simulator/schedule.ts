/** What is due later, in the order of its time and, within one moment, of its making. No timer: whoever asks runs what is due. */
export class Schedule {
  readonly #due: { readonly at: number; readonly run: () => void }[] = [];

  add(at: number, run: () => void): void {
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#due[middle]?.at ?? at) <= at) low = middle + 1;
      else high = middle;
    }
    this.#due.splice(low, 0, { at, run });
  }

  /** When the next thing is due; undefined: nothing waits. */
  next(): number | undefined {
    return this.#due[0]?.at;
  }

  /** Runs all that is due, also what becomes due by that. True when there was anything. */
  runDue(now: number): boolean {
    let ran = false;
    for (let first = this.#due[0]; first !== undefined && first.at <= now; first = this.#due[0]) {
      this.#due.shift();
      first.run();
      ran = true;
    }
    return ran;
  }
}
