/** The pieces of a streamed text, as they come. */
export async function* textOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    // Whoever stops listening lets the server know.
    reader.cancel().catch(() => undefined);
  }
}

/** The whole lines of a text that comes in pieces; one that is still open at the end is left out. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let open = '';
  for await (const piece of pieces) {
    const lines = (open + piece).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}
