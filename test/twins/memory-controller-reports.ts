import type { Clock } from '../../src/clock.ts';
import type { ControllerReport, ControllerReports } from '../../src/store/controller-reports.ts';

/** The reports in memory, with the same rules. */
export class MemoryControllerReports implements ControllerReports {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #reports = new Map<
    string,
    { readonly report: ControllerReport; readonly end: number }
  >();
  #resync: number | undefined;

  constructor(deps: { readonly clock: Clock; readonly keptMs?: number | undefined }) {
    this.#clock = deps.clock;
    this.#keptMs = deps.keptMs ?? 20_000;
  }

  async report(report: ControllerReport): Promise<void> {
    this.#reports.set(report.id, { report, end: this.#clock.now() + this.#keptMs });
  }

  async alive(): Promise<readonly ControllerReport[]> {
    return [...this.#reports.values()]
      .filter(({ end }) => end > this.#clock.now())
      .map(({ report }) => report)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async withdraw(id: string): Promise<void> {
    this.#reports.delete(id);
  }

  async noteResync(at: number): Promise<void> {
    this.#resync = at;
  }

  async lastResync(): Promise<number | undefined> {
    return this.#resync;
  }
}
