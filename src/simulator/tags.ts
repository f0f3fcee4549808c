/** An SSH key on the account. */
export interface AccountKey {
  readonly id: number;
  readonly fingerprint: string;
  readonly public_key: string;
  name: string;
}

/** The account's tags: the first spelling is the canonical one. */
export class Tags {
  readonly #byLowerCase = new Map<string, string>();

  isValid(tag: string): boolean {
    return /^[a-zA-Z0-9_:-]{1,255}$/.test(tag);
  }

  /** Makes the tag where it is new. Returns its canonical spelling. */
  ensure(tag: string): string {
    const known = this.#byLowerCase.get(tag.toLowerCase());
    if (known !== undefined) return known;
    this.#byLowerCase.set(tag.toLowerCase(), tag);
    return tag;
  }

  canonical(tag: string): string | undefined {
    const known = this.#byLowerCase.get(tag.toLowerCase());
    // URLs must use the canonical spelling.
    return known === tag ? known : undefined;
  }

  names(): readonly string[] {
    return [...this.#byLowerCase.values()];
  }

  delete(tag: string): boolean {
    return this.canonical(tag) !== undefined && this.#byLowerCase.delete(tag.toLowerCase());
  }
}
