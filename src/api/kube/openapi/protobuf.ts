/** The little of the protobuf wire format that is needed: https://protobuf.dev/programming-guides/encoding/ */

/** A field that holds text or a message: tag, length, bytes. */
export function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** A message of some fields; those left out are not there. */
export const message = (...fields: readonly (Buffer | undefined)[]): Buffer =>
  Buffer.concat(fields.filter((one) => one !== undefined));

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7f) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  return Buffer.from([...bytes, left]);
}

/** The fields of a message that hold text or messages; numbers are passed over. Throws an Error for what is no protobuf. */
export function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  let offset = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined || shift > 28) throw new Error('a number is cut off or too large');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = readVarint();
    if ((tag & 7) === 0) {
      readVarint();
    } else if ((tag & 7) === 2) {
      const length = readVarint();
      if (offset + length > bytes.length) throw new Error('a field is cut off');
      fields.set(tag >>> 3, bytes.subarray(offset, offset + length));
      offset += length;
    } else {
      throw new Error(`wire type ${tag & 7} is not expected`);
    }
  }
  return fields;
}
