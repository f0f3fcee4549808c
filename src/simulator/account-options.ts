/** A random time between two, in ms. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

export interface AccountOptions {
  readonly dropletLimit: number;
  /** From the create to `active`. */
  readonly bootMs: Span;
  /** How long before `active` the address can be read and the machine starts. */
  readonly addressLeadMs: Span;
  /** From the create until reads show its tags. */
  readonly tagLagMs: Span;
  /** From the create until lists show it. */
  readonly listLagMs: Span;
  readonly actionMs: Span;
  /** From the delete until it is really gone. */
  readonly deleteMs: Span;
  /** DigitalOcean promises no order; the pages shift differently in each. */
  readonly order: 'oldest-first' | 'newest-first';
}

export const DEFAULT_ACCOUNT: AccountOptions = {
  dropletLimit: 200,
  bootMs: { least: 800, most: 1_300 },
  addressLeadMs: { least: 200, most: 400 },
  tagLagMs: { least: 50, most: 500 },
  listLagMs: { least: 0, most: 300 },
  actionMs: { least: 300, most: 700 },
  deleteMs: { least: 300, most: 1_200 },
  order: 'oldest-first',
};
