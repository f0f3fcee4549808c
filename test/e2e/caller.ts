import { eventually } from '../eventually.ts';

export interface Status {
  readonly status: string;
  readonly progress: number;
  readonly error: string | null;
  readonly instanceInfo: {
    readonly ip: string | null;
    readonly state: string | null;
    readonly dropletId: number;
  } | null;
}

/** Calls the API as a web back end would, with one key. */
export class Caller {
  readonly url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.#key = key;
  }

  async request(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { 'x-api-key': this.#key, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Declares what a YAML text says. */
  async apply(text: string): Promise<void> {
    const answer = await fetch(`${this.url}/api/apply`, {
      method: 'POST',
      headers: { 'x-api-key': this.#key, 'content-type': 'application/yaml' },
      body: text,
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  /** Asks for a deletion and waits until the record is gone. */
  async remove(number: string): Promise<void> {
    await this.request('DELETE', `/api/instance/${number}`);
    await this.forgets(number);
  }

  async forgets(number: string): Promise<void> {
    await eventually(`the record of ${number} is gone`, async () => {
      const answer = await this.request('GET', `/api/instance/status/${number}`);
      return answer.status === 404;
    });
  }

  async status(number: string): Promise<Status> {
    const response = await this.request('GET', `/api/instance/status/${number}`);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Status;
  }

  /** The status once it is in one of these phases. */
  async reaches(number: string, ...phases: readonly string[]): Promise<Status> {
    let last: Status | undefined;
    const what = () => `${number} is ${phases.join(' or ')}, and not ${JSON.stringify(last)}`;
    return eventually(what, async () => {
      last = await this.status(number);
      return phases.includes(last.status) ? last : undefined;
    });
  }
}
