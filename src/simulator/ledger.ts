/** One droplet's life, for whoever checks afterwards what was really made. Times in ms since the epoch. */
export interface DropletLife {
  readonly id: number;
  readonly name: string;
  /** As asked for in the create. */
  readonly tags: readonly string[];
  readonly createdAt: number;
  /** Id of the droplet that was asked for, when this one came to be beside it, unasked. */
  readonly twinOf?: number | undefined;
  activeAt?: number;
  address?: string | undefined;
  /** Of every accepted delete. */
  readonly deleteRequestedAt: number[];
  goneAt?: number;
  goneWhy?: 'deleted' | 'vanished';
}

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** Every droplet ever made, and counts of the API's calls. */
export class Ledger {
  readonly #lives = new Map<number, DropletLife>();
  readonly #calls = new Map<string, Map<number | 'lost', number>>();
  #times: number[] = [];
  #busiestMinute = 0;
  #busiestHour = 0;

  created(life: Pick<DropletLife, 'id' | 'name' | 'tags' | 'createdAt' | 'twinOf'>): void {
    this.#lives.set(life.id, { ...life, deleteRequestedAt: [] });
  }

  active(id: number, at: number, address: string | undefined): void {
    const life = this.#lives.get(id);
    if (life !== undefined) Object.assign(life, { activeAt: at, address });
  }

  deleteRequested(id: number, at: number): void {
    this.#lives.get(id)?.deleteRequestedAt.push(at);
  }

  gone(id: number, at: number, why: 'deleted' | 'vanished'): void {
    const life = this.#lives.get(id);
    if (life !== undefined) Object.assign(life, { goneAt: at, goneWhy: why });
  }

  /** A call came in; counted whatever comes of it. */
  arrived(at: number): void {
    this.#times.push(at);
    if ((this.#times[0] ?? at) <= at - HOUR) {
      this.#times = this.#times.filter((time) => time > at - HOUR);
    }
    this.#busiestHour = Math.max(this.#busiestHour, this.#times.length);
    let inMinute = 0;
    while ((this.#times.at(-1 - inMinute) ?? 0) > at - MINUTE) inMinute += 1;
    this.#busiestMinute = Math.max(this.#busiestMinute, inMinute);
  }

  answered(operation: string, status: number | 'lost'): void {
    const counts = this.#calls.get(operation) ?? new Map<number | 'lost', number>();
    counts.set(status, (counts.get(status) ?? 0) + 1);
    this.#calls.set(operation, counts);
  }

  /** Serialisable: `calls` counts by operation and HTTP status ("lost": no answer was sent). */
  report(): {
    readonly droplets: readonly DropletLife[];
    readonly calls: Record<string, Record<string, number>>;
    /** Most requests that came within any 60 s, and within any hour. */
    readonly busiestMinute: number;
    readonly busiestHour: number;
  } {
    return {
      droplets: [...this.#lives.values()],
      calls: Object.fromEntries(
        [...this.#calls].map(([operation, counts]) => [operation, Object.fromEntries(counts)]),
      ),
      busiestMinute: this.#busiestMinute,
      busiestHour: this.#busiestHour,
    };
  }
}
