/** Where events are sent. The URL may hold credentials: only the origin is ever shown. */
export interface Endpoint {
  /** Digest of the URL: the same for all processes that are given the same URL. */
  readonly id: string;
  readonly origin: string;
  readonly url: string;
}

/** What a call came to. `problem` is a sentence when it was not taken. */
export interface Outcome {
  readonly isTaken: boolean;
  readonly status: number | null;
  readonly problem: string | null;
}

export interface Message {
  readonly id: string;
  readonly type: string;
  readonly attempt: number;
  /** JSON. */
  readonly body: string;
}

export interface WebhookSender {
  /** One try, 10 s at most. Never throws, but for the reason of `signal`. */
  send(endpoint: Endpoint, message: Message, signal: AbortSignal): Promise<Outcome>;
}
