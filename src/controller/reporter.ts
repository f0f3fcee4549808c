import type { Clock } from '../clock.ts';
import { type Cloud, CloudError } from '../cloud/cloud.ts';
import type { Logger } from '../log.ts';
import type { CloudView } from '../store/cloud-view.ts';
import type { ControllerReport, ControllerReports } from '../store/controller-reports.ts';
import { StoreError } from '../store/store.ts';
import type { Brakes } from './brakes.ts';

const REPORT_MS = 5_000;
/** DigitalOcean announces new prices weeks ahead. */
const PRICES_AGE_MS = 24 * 3_600_000;
const PRICES_RETRY_MS = 600_000;

export interface ReporterDeps {
  /** Of this process: no other has it. */
  readonly id: string;
  readonly reports: ControllerReports;
  readonly cloudView: Pick<CloudView, 'prices' | 'setPrices'>;
  readonly cloud: Pick<Cloud, 'sizePrices'>;
  readonly budget: () => Promise<NonNullable<ControllerReport['budget']>>;
  readonly brakes: () => Brakes;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells the processes that are no controller what only a controller knows: that it lives, its brakes, what is left of the budget, and what sizes cost. */
export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #stop = new AbortController();
  readonly #startedAt: number;
  #askPricesAt = 0;
  #running: Promise<void> | undefined;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#deps.reports.withdraw(this.#deps.id).catch(this.#note);
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    while (!this.#stop.signal.aborted) {
      await this.#report().catch(this.#note);
      await this.#keepPrices().catch(this.#note);
      await clock.sleep(REPORT_MS, this.#stop.signal);
    }
  }

  async #report(): Promise<void> {
    const { id, reports, budget, brakes, clock } = this.#deps;
    const { repairs = null, replacements = null } = brakes();
    await reports.report({
      id,
      startedAt: this.#startedAt,
      seenAt: clock.now(),
      brakes: { repairs, replacements },
      budget: await budget().catch(() => undefined),
    });
  }

  async #keepPrices(): Promise<void> {
    const { cloud, cloudView, clock } = this.#deps;
    if (clock.now() < this.#askPricesAt) return;
    const known = await cloudView.prices();
    const age = clock.now() - (known?.askedAt ?? 0);
    this.#askPricesAt = clock.now() + PRICES_RETRY_MS;
    // One of the future comes from a machine whose clock was ahead.
    if (age >= 0 && age < PRICES_AGE_MS) return;
    await cloudView.setPrices(await cloud.sizePrices(this.#stop.signal), clock.now());
  }

  /** Nothing here is needed for the work to go on, and all of it is tried again. */
  readonly #note = (err: unknown): void => {
    const isPassing = err instanceof CloudError || err instanceof StoreError;
    const level = isPassing ? 'debug' : 'warn';
    this.#deps.log[level]({ err }, 'A report on this controller failed; the next one follows');
  };
}
