/** The JSON of objects that never change, made once however often it is asked for. */
export class Texts {
  readonly #texts = new WeakMap<object, string>();

  of(object: object): string {
    let text = this.#texts.get(object);
    if (text === undefined) {
      text = JSON.stringify(object);
      this.#texts.set(object, text);
    }
    return text;
  }
}
