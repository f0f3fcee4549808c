import { StringDecoder } from 'node:string_decoder';

const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Output up to the cap, without half a character at its end. */
export class CappedText {
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;
  #isCut = false;

  add(chunk: Buffer): void {
    const room = MAX_OUTPUT_BYTES - this.#sizeBytes;
    if (chunk.length > room) this.#isCut = true;
    if (room <= 0) return;
    const kept = chunk.subarray(0, room);
    this.#chunks.push(kept);
    this.#sizeBytes += kept.length;
  }

  text(): string {
    const bytes = Buffer.concat(this.#chunks);
    return this.#isCut ? new StringDecoder('utf8').write(bytes) : bytes.toString('utf8');
  }
}
