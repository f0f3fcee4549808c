/** Most requests in any window of so many ms. `times` rise. */
export function mostWithin(ms: number, times: readonly number[]): number {
  let [from, most] = [0, 0];
  for (const [index, time] of times.entries()) {
    while ((times[from] ?? time) <= time - ms) from++;
    most = Math.max(most, index - from + 1);
  }
  return most;
}
