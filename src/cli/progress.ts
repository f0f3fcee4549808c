import type { Clock } from '../clock.ts';

const WIDTH = 24;

/** What is shown of an instance on its way. */
export interface Standing {
  readonly status: string;
  readonly progress: number;
}

/** Shows progress: a bar that is drawn over in a terminal, a line for each phase otherwise. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #shown = '';
  #standing: Standing = { status: 'starting', progress: 0 };
  #ticking: AbortController | undefined;

  constructor(out: NodeJS.WriteStream, clock: Clock) {
    this.#out = out;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  show(standing: Standing): void {
    this.#standing = standing;
    if (this.#out.isTTY) {
      this.#ticking ??= this.#tick();
      this.#draw();
    } else if (standing.status !== this.#shown) {
      this.#shown = standing.status;
      this.#out.write(
        `${this.#seconds().padStart(6)} s  ${percent(standing)}  ${standing.status}\n`,
      );
    }
  }

  /** Leaves the last picture standing. */
  end(): void {
    this.#ticking?.abort();
    if (this.#out.isTTY) {
      this.#draw();
      this.#out.write('\n');
    }
  }

  #tick(): AbortController {
    const stop = new AbortController();
    const run = async () => {
      while (!stop.signal.aborted) {
        this.#draw();
        await this.#clock.sleep(100, stop.signal);
      }
    };
    void run();
    return stop;
  }

  #draw(): void {
    const full = Math.round((WIDTH * this.#standing.progress) / 100);
    const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full);
    this.#out.write(
      `\r  ${bar} ${percent(this.#standing)}  ${this.#standing.status.padEnd(17)} ${this.#seconds()} s `,
    );
  }

  #seconds(): string {
    return ((this.#clock.now() - this.#startedAt) / 1000).toFixed(1);
  }
}

const percent = ({ progress }: Standing): string => `${String(progress).padStart(3)}%`;
