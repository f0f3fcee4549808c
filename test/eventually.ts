/** Thrown by what is asked: it will not come about any more, so that nobody need wait for the end. */
export class Hopeless extends Error {}

/**
 * Waits until `ask` answers something other than undefined or false; what it throws counts as not yet, unless it is Hopeless.
 * `what` may tell how far it came. Times are in ms.
 */
export async function eventually<T>(
  what: string | (() => string),
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 90_000,
  everyMs = 25,
): Promise<T> {
  const until = Date.now() + limitMs;
  let trouble: unknown;
  while (Date.now() < until) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      trouble = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      trouble = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const told = typeof what === 'string' ? what : what();
  throw new Error(`It did not come about within ${limitMs} ms: ${told}`, { cause: trouble });
}
