/** One window of the request budget. `limit`: what may be sent at once when it is full. */
interface BudgetWindow {
  readonly limit: number;
  readonly left: number;
}

/** What one controller process tells of itself, and of what it alone knows. */
export interface ControllerReport {
  /** The same for the process's whole life, and for no other. */
  readonly id: string;
  /** ms since the epoch, by its own clock. */
  readonly startedAt: number;
  readonly seenAt: number;
  /** Why repairs, or the replacement of droplets, must wait; sentences for people. */
  readonly brakes: { readonly repairs: string | null; readonly replacements: string | null };
  /** Absent while it could not be asked. */
  readonly budget?: { readonly minute: BudgetWindow; readonly hour: BudgetWindow } | undefined;
}

/** Which controllers are at work, for processes that are none. Throws StoreError `unavailable` as the store does. */
export interface ControllerReports {
  /** Replaces the process's report before. Forgotten when no other follows within 20 s. */
  report(report: ControllerReport): Promise<void>;
  /** Those that still report, ordered by id. */
  alive(): Promise<readonly ControllerReport[]>;
  /** The process stops. */
  withdraw(id: string): Promise<void>;

  /** All keys were named to the work queue; `at` in ms since the epoch. */
  noteResync(at: number): Promise<void>;
  /** ms since the epoch. When it lies minutes back, nobody takes work. */
  lastResync(): Promise<number | undefined>;
}
