import { type Context, Hono } from 'hono';
import { stream, streamSSE } from 'hono/streaming';
import { instanceName } from '../../resources/instance.ts';
import { openStream, UNBUFFERED } from '../access/authenticate.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { operation } from '../openapi/operation.ts';
import { type Bootstrap, followLog } from './follow-log.ts';
import { getLogs } from './logs-operation.ts';
import { messages } from './messages.ts';

/** A controller takes some seconds for SSH, and its own limit is 15 s. */
const BOT_LIMIT_MS = 20_000;

/** GET /api/instance/logs/{numberphone}: what the bootstrap or the bot has printed, at once or as it comes. */
export function instanceLogs(deps: ApiDeps): Hono {
  const { store, journal, errands } = deps;
  const app = new Hono();
  const answer = operation(getLogs, async (c, { params: { numberphone: number }, query }) => {
    const name = instanceName(number);
    if (!(await store.get('Instance', name))) throw new ApiError(404, messages.noInstance(number));
    const isOn = (flag: string): boolean => flag === 'true' || flag === '';
    if (query.source === 'bot') {
      if (isOn(query.follow)) throw new ApiError(400, messages.bootstrapOnly('follow'));
      if (query.offset !== undefined) throw new ApiError(400, messages.bootstrapOnly('offset'));
    } else if (isOn(query.follow)) {
      if (isOn(query.download)) asFile(c, `${name}.log`);
      return followed(c, deps, name, query.offset);
    }
    const log =
      query.source === 'bot'
        ? { run: null, text: await botJournal(name, c.req.raw.signal) }
        : await journal.readLog(name);
    if (!log) throw new ApiError(404, messages.noLog(number));
    if (isOn(query.download)) {
      asFile(c, query.source === 'bot' ? `${name}-bot.log` : `${name}.log`);
      return c.text(log.text);
    }
    const wantsText = query.format === 'text' || c.req.header('accept')?.startsWith('text/plain');
    return wantsText
      ? c.text(log.text)
      : c.json({ success: true, data: { numberphone: number, ...log } });
  });
  app.get('/:numberphone', answer);

  async function botJournal(name: string, signal: AbortSignal): Promise<string> {
    const told = await errands.ask({ kind: 'bot-journal', name }, BOT_LIMIT_MS, signal);
    if (!told) throw new ApiError(504, messages.nobodyAnswers);
    if (!told.ok) throw new ApiError(503, messages.botJournal(told.problem));
    return told.text;
  }
  return app;
}

const asFile = (c: Context, name: string): void =>
  c.header('content-disposition', `attachment; filename="${name}"`);

/** By events for who can go on where they were cut off, as plain text for everybody else. */
function followed(
  c: Context,
  deps: ApiDeps,
  name: string,
  offset: string | undefined,
): Response | Promise<Response> {
  const wantsEvents = c.req.header('accept')?.startsWith('text/event-stream');
  const type = wantsEvents ? 'text/event-stream' : 'text/plain; charset=utf-8';
  if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': type });
  const lastId = c.req.header('last-event-id') ?? '';
  const from = Number(/^[0-9]{1,15}$/.test(lastId) ? lastId : (offset ?? 0));
  const bootstrap: Bootstrap = { name, from };
  const close = openStream(c);
  c.header(...UNBUFFERED);
  if (wantsEvents) {
    return streamSSE(c, async (events) => {
      const left = new AbortController();
      events.onAbort(() => left.abort());
      for await (const piece of counted(followLog(deps, bootstrap, left.signal), close)) {
        if (piece === 'quiet') await events.write(': still here\n\n');
        else {
          const data = JSON.stringify(piece.text);
          await events.writeSSE({ id: String(piece.to), event: 'log', data });
        }
      }
      if (!left.signal.aborted) await events.writeSSE({ event: 'end', data: '{}' });
    });
  }
  c.header('content-type', type);
  return stream(c, async (text) => {
    const left = new AbortController();
    text.onAbort(() => left.abort());
    for await (const piece of counted(followLog(deps, bootstrap, left.signal), close)) {
      if (piece !== 'quiet') await text.write(piece.text);
    }
  });
}

async function* counted<T>(pieces: AsyncIterable<T>, close: () => void): AsyncGenerator<T> {
  try {
    yield* pieces;
  } finally {
    close();
  }
}
