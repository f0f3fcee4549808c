import type { WorkQueue } from '../../queue/queue.ts';
import { type DeliverDeps, deliver } from './deliver.ts';
import { type WatcherDeps, watchForWebhooks } from './watcher.ts';

/**
 * Tells other systems what happens to instances. A queue of its own, so that slow receivers hold up no bot; its rule of one pass
 * per key at a time keeps the order of what one endpoint hears of one instance.
 */
export class WebhookService {
  readonly #deps: DeliverDeps & WatcherDeps & { readonly queue: WorkQueue };
  readonly #stopped = new AbortController();
  #watching: Promise<void> | undefined;

  constructor(deps: DeliverDeps & WatcherDeps & { readonly queue: WorkQueue }) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { queue, webhooks } = this.#deps;
    await queue.start(
      (key, signal) => deliver(key, this.#deps, signal),
      () => webhooks.waiting(),
    );
    this.#watching = watchForWebhooks(this.#deps, this.#stopped.signal);
  }

  async close(graceMs?: number): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
    await this.#deps.queue.close(graceMs);
  }
}
