import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { DropletTemplate } from '../resources/instance-class.ts';
import type { Prices } from '../resources/price.ts';

/**
 * Why a call failed, by what the caller must do.
 * - `refused`: DigitalOcean said no for good (4xx); tell the user its message.
 * - `try-again`: said no for now (422 "pending event", "please try again"); nothing was done.
 * - `quota`: the account is full (422); wait, look again slowly.
 * - `unavailable-here`: size or region not offered now (422); wait, look again slowly.
 * - `unauthorized`: the token is not taken (401, 403); stop creates.
 * - `rate-limited`: nothing was sent, or 429: not before `retryAt`.
 * - `outcome-unknown`: timeout, reset, 5xx: it may have happened.
 */
export type CloudErrorKind =
  | 'refused'
  | 'try-again'
  | 'quota'
  | 'unavailable-here'
  | 'unauthorized'
  | 'rate-limited'
  | 'outcome-unknown';

export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly kind: CloudErrorKind;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** ms since the epoch; only for `rate-limited`, and for `unauthorized` where it is known when to look again. */
  readonly retryAt: number | undefined;
  /** ms since the epoch; only for `rate-limited`: when it may come about, where others are before it. */
  readonly expectedAt: number | undefined;
  constructor(
    kind: CloudErrorKind,
    message: string,
    details: {
      readonly status?: number | undefined;
      readonly retryAt?: number | undefined;
      readonly expectedAt?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.retryAt = details.retryAt;
    this.expectedAt = details.expectedAt;
  }
}

export interface CreateDroplet {
  readonly name: string;
  readonly template: DropletTemplate;
  /** All tags, ours included. */
  readonly tags: readonly string[];
  /** cloud-config text, at most 64 KiB. */
  readonly userData: string;
  /** ms since the epoch: what was held up until later is not sent any more, and is `try-again`. By then others may look for what it has made. */
  readonly notAfter?: number | undefined;
}

/** Several droplets by one request: all alike but for the name. DigitalOcean: at most 10. */
export interface CreateDroplets extends Omit<CreateDroplet, 'name'> {
  readonly names: readonly string[];
}
export const MAX_NAMES = 10;

export type DropletAction = 'power_on' | 'reboot' | 'power_cycle' | 'shutdown' | 'power_off';

/** DigitalOcean, as the controller needs it. Every method sends one request (listing: one a page), takes it from the shared budget first, gives up after 30 s or when `signal` aborts, and throws CloudError. No method retries, but a listing that has begun waits some seconds for the budget of its further pages. */
export interface Cloud {
  /** The whole account; a droplet may be missed while others come and go, but a page that fails is no list at all. */
  listDroplets(signal: AbortSignal): Promise<readonly CloudDroplet[]>;
  /** Droplets of exactly this name, in any case. May miss one that is some seconds young. */
  findByName(name: string, signal: AbortSignal): Promise<readonly CloudDroplet[]>;
  /** undefined: DigitalOcean answers 404. */
  getDroplet(id: number, signal: AbortSignal): Promise<CloudDroplet | undefined>;
  createDroplet(request: CreateDroplet, signal: AbortSignal): Promise<CloudDroplet>;
  /** Answers those that were made, in no promised order; of a name that is missing nothing is known. */
  createDroplets(request: CreateDroplets, signal: AbortSignal): Promise<readonly CloudDroplet[]>;
  /** `absent`: it was not there (404). `accepted` is no proof that it goes. */
  deleteDroplet(id: number, signal: AbortSignal): Promise<'accepted' | 'absent'>;
  act(id: number, action: DropletAction, signal: AbortSignal): Promise<void>;
  /** What each size costs. */
  sizePrices(signal: AbortSignal): Promise<Prices>;
  /** Asks for another name; the machine's own hostname stays. Throws `try-again` while another action runs. */
  rename(id: number, name: string, signal: AbortSignal): Promise<void>;
  /** The account's limit of droplets. */
  dropletLimit(signal: AbortSignal): Promise<number>;
}
