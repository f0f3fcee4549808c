/** Where a bot's status and QR are served. */
export interface BotAddress {
  readonly host: string;
  readonly panelPort: number;
  readonly qrPort: number;
  readonly statusPath: string;
}

/** What a bot says of its session once a phone is linked to it. */
export const LINKED = 'connected';

/** What a look at a bot told. `session` is the bot's own word: disconnected, connecting, show_qr, connected, error. */
export type BotReport =
  | {
      readonly healthy: true;
      readonly session: string | undefined;
      readonly qr: string | undefined;
    }
  | { readonly healthy: false; readonly why: string };

/** The bot on a droplet, over plain HTTP, read only. */
export interface Bot {
  /** Never throws for a sick bot; at most 5 s. Healthy: the status path answers 2xx. */
  check(address: BotAddress, signal: AbortSignal): Promise<BotReport>;
  /** The QR as PNG, or undefined when the bot shows none (linked, or not up). */
  qrPng(address: BotAddress, signal: AbortSignal): Promise<Uint8Array | undefined>;
}
