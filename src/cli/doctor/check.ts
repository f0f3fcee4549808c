/** One line of what the doctor found. `message` says how it stands, or what is wrong and what to do. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly message: string;
}

export const ok = (name: string, message: string): Check => ({ name, state: 'ok', message });
export const warning = (name: string, message: string): Check => ({
  name,
  state: 'warning',
  message,
});
export const failed = (name: string, message: string): Check => ({
  name,
  state: 'failed',
  message,
});
