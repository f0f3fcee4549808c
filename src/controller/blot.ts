/** Shorter values, like "true", are no secrets, and would tear the text to pieces. */
const LEAST_SECRET_CHARS = 6;

/** A text without these values, whole or line by line. Pure. */
export const blotted = (text: string, values: readonly string[]): string =>
  without(text, piecesOf(values), () => '[redacted]');

/**
 * The same for a text that comes piece by piece, wherever it is cut: what may be the beginning of a value is held back until
 * more has come, and never handed out when `cut` aborts. Each byte is kept as one, for whoever counts them.
 */
export async function* blottedStream(
  pieces: AsyncIterable<string>,
  values: readonly string[],
  cut: AbortSignal,
): AsyncGenerator<string> {
  const secrets = piecesOf(values);
  const starred = (text: string) =>
    without(text, secrets, (secret) => '*'.repeat(Buffer.byteLength(secret)));
  let held = '';
  for await (const piece of pieces) {
    const text = starred(held + piece);
    const end = text.length - beginningAtEnd(text, secrets);
    held = text.slice(end);
    if (end > 0) yield text.slice(0, end);
  }
  if (held !== '' && !cut.aborted) yield held;
}

/** Longest first: a value that holds another goes whole. */
const piecesOf = (values: readonly string[]): readonly string[] =>
  values
    .flatMap((value) => [value, ...value.split('\n')])
    .map((value) => value.trim())
    .filter((value) => value.length >= LEAST_SECRET_CHARS)
    .toSorted((a, b) => b.length - a.length);

const without = (
  text: string,
  secrets: readonly string[],
  instead: (secret: string) => string,
): string => secrets.reduce((kept, secret) => kept.replaceAll(secret, () => instead(secret)), text);

/** How many characters at the end of a text are the beginning of one of these, the most that there are. */
function beginningAtEnd(text: string, secrets: readonly string[]): number {
  const longest = (secrets[0]?.length ?? 1) - 1;
  for (let length = Math.min(longest, text.length); length > 0; length -= 1) {
    const end = text.slice(-length);
    if (secrets.some((secret) => secret.length > length && secret.startsWith(end))) return length;
  }
  return 0;
}
