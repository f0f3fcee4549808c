import type { Bot, BotAddress, BotReport } from '../../src/bot/bot.ts';

/** What a machine's bot answers. A test changes it while it is in use. */
export interface MemoryBotState {
  report: BotReport;
  qr: Uint8Array | undefined;
}

/** Bots in memory, by address; where there is none, the connection is refused. */
export class MemoryBot implements Bot {
  readonly #bots: ReadonlyMap<string, MemoryBotState>;

  constructor(bots: ReadonlyMap<string, MemoryBotState>) {
    this.#bots = bots;
  }

  async check(address: BotAddress, signal: AbortSignal): Promise<BotReport> {
    signal.throwIfAborted();
    const bot = this.#bots.get(address.host);
    return bot?.report ?? { healthy: false, why: 'The connection was refused.' };
  }

  async qrPng(address: BotAddress, signal: AbortSignal): Promise<Uint8Array | undefined> {
    signal.throwIfAborted();
    return this.#bots.get(address.host)?.qr;
  }
}
