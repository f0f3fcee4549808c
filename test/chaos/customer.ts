import { type Random, systemClock } from '../../src/clock.ts';
import { API_KEY, type ApiProgram } from './world.ts';

/** What was said of a call: an HTTP status with its body, or that there was no answer. */
export interface Said {
  readonly status: number | 'none';
  readonly text: string;
}

/** Counts over all customers of a run. */
export interface Tally {
  acknowledged: number;
  retries: number;
  /** Answers that no customer should ever get, as sentences. */
  readonly wrong: string[];
  /** Writes that were acknowledged and are not there, as sentences. */
  readonly lost: string[];
}

const ANSWER_LIMIT_MS = 15_000;

export async function call(
  api: ApiProgram,
  method: string,
  path: string,
  body?: unknown,
): Promise<Said> {
  try {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 'none', text: String(error) };
  }
}

/**
 * One number's owner: creates, edits, restarts and deletes over any of the APIs, and repeats what was not answered, as a
 * web back end does. Knows what was acknowledged, and so what must be true in the end.
 */
export class Customer {
  readonly number: string;
  /** The last acknowledged wish. */
  wanted: 'nothing' | 'bot' = 'nothing';
  /** Number of the last acknowledged edit of the present bot; 0: none. */
  edit = 0;
  /** Restarts that were acknowledged of the present bot; ms since the epoch, our clock before the call. */
  restartedAt: number | undefined;
  readonly #apis: readonly ApiProgram[];
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #stop: AbortSignal;
  #edits = 0;

  constructor(deps: {
    readonly number: string;
    readonly apis: readonly ApiProgram[];
    readonly random: Random;
    readonly tally: Tally;
    /** After it nothing new is begun; what was begun is brought to its end. */
    readonly stop: AbortSignal;
  }) {
    this.number = deps.number;
    this.#apis = deps.apis;
    this.#random = deps.random;
    this.#tally = deps.tally;
    this.#stop = deps.stop;
  }

  /** Lives until `stop`. `pauseMs`: between two wishes, on average. */
  async live(firstAfterMs: number, pauseMs: number): Promise<void> {
    await systemClock.sleep(firstAfterMs, this.#stop);
    // Whoever comes too late to be first still gets the bot: a run counts all of them.
    await this.#create();
    while (!this.#stop.aborted) {
      await systemClock.sleep(pauseMs * (0.2 + 1.6 * this.#random()), this.#stop);
      if (this.#stop.aborted) return;
      const dice = this.#random();
      if (this.wanted === 'nothing') await this.#create();
      else if (dice < 0.4) await this.#change();
      else if (dice < 0.6) await this.restart();
      else await this.#delete();
    }
  }

  async #create(): Promise<void> {
    const body = { numberphone: this.number };
    await this.#insist('create', 'POST', '/api/instance/create', body, (said, wasUnsure) => {
      if (said.status === 202) return 'done';
      if (said.status === 400 && wasUnsure) return 'done';
      // An earlier bot of the number is still being deleted.
      if (said.status === 409) return 'again';
      return 'wrong';
    });
    this.wanted = 'bot';
    this.edit = 0;
    this.restartedAt = undefined;
  }

  async #change(): Promise<void> {
    this.#edits += 1;
    const edit = this.#edits;
    const body = {
      apiVersion: 'orquesta.clientfy.io/v1',
      kind: 'Instance',
      metadata: { name: `bot-${this.number}` },
      spec: {
        numberphone: this.number,
        features: { appointments: this.#random() < 0.5 },
        env: { CHAOS_EDIT: String(edit) },
      },
    };
    await this.#insist(`edit ${edit}`, 'POST', '/api/apply', body, (said) => {
      if (said.status === 200) return said.text.includes('"created"') ? 'lost' : 'done';
      return said.status === 409 ? 'again' : 'wrong';
    });
    this.edit = edit;
  }

  async restart(): Promise<void> {
    const at = Date.now();
    const path = `/api/instance/restart/${this.number}`;
    await this.#insist('restart', 'POST', path, undefined, (said) => {
      if (said.status === 202) return 'done';
      if (said.status === 404) return 'lost';
      return said.status === 409 ? 'again' : 'wrong';
    });
    this.restartedAt = at;
  }

  async #delete(): Promise<void> {
    const path = `/api/instance/${this.number}`;
    await this.#insist('delete', 'DELETE', path, undefined, (said, wasUnsure) => {
      if (said.status === 202) return 'done';
      if (said.status === 404) return wasUnsure ? 'done' : 'lost';
      return said.status === 409 ? 'again' : 'wrong';
    });
    this.wanted = 'nothing';
  }

  /** Repeats a call until it is answered for good. `wasUnsure`: an earlier try may have been carried out. */
  async #insist(
    what: string,
    method: string,
    path: string,
    body: unknown,
    judge: (said: Said, wasUnsure: boolean) => 'done' | 'again' | 'wrong' | 'lost',
  ): Promise<void> {
    let wasUnsure = false;
    while (true) {
      const api = this.#apis[Math.floor(this.#random() * this.#apis.length)] as ApiProgram;
      const said = await call(api, method, path, body);
      const isUnsure = said.status === 'none' || said.status === 503;
      const verdict = isUnsure ? 'again' : judge(said, wasUnsure);
      wasUnsure ||= isUnsure;
      const told = `${this.number}: ${what} was answered ${said.status} ${said.text.slice(0, 200)}`;
      if (verdict === 'wrong') this.#tally.wrong.push(told);
      if (verdict === 'lost') this.#tally.lost.push(told);
      if (verdict === 'done' || verdict === 'lost') break;
      this.#tally.retries += 1;
      await systemClock.sleep(300 + 1_200 * this.#random());
    }
    this.#tally.acknowledged += 1;
  }
}
