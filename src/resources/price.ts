/** What a droplet of one size costs. */
export interface Price {
  readonly usdPerHour: number;
  /** The most that a month costs. */
  readonly usdPerMonth: number;
}

/** By the size's slug. A size that is not in it has a price that is not known. */
export type Prices = Readonly<Record<string, Price>>;
