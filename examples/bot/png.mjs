import * as zlib from 'node:zlib';

/**
 * A black-and-white picture as PNG: one bit per pixel, each module `scale` pixels wide.
 * @param {boolean[][]} modules rows of modules, true is black
 * @param {number} scale
 * @returns {Buffer}
 */
export function encodePng(modules, scale) {
  const width = (modules[0]?.length ?? 0) * scale;
  const height = modules.length * scale;
  const bytesPerRow = Math.ceil(width / 8);
  // Each row begins with its filter: 0, none.
  const pixels = Buffer.alloc(height * (bytesPerRow + 1));
  for (let y = 0; y < height; y += 1) {
    const row = modules[Math.floor(y / scale)];
    for (let x = 0; x < width; x += 1) {
      const isWhite = !row[Math.floor(x / scale)];
      if (isWhite) pixels[y * (bytesPerRow + 1) + 1 + (x >> 3)] |= 0x80 >> (x & 7);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Depth of one bit, grey; compression, filter and interlace as the format has them.
  header[8] = 1;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', zlib.deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, content) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(content.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}

/** Node 20.15 and later have it; before that, bit by bit. */
function crc32(bytes) {
  if (zlib.crc32) return zlib.crc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
