import { describe, expect, it } from 'vitest';
import { parseTraceparent, traceparentOf } from './traceparent.ts';

const TEXT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a traceparent', () => {
  it('is read and written as W3C has it', () => {
    const context = parseTraceparent(TEXT);
    expect(context).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
      isRemote: true,
    });
    expect(context && traceparentOf(context)).toBe(TEXT);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    TEXT.replace('00-', 'ff-'),
    TEXT.toUpperCase(),
    `${TEXT}-more`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  ])('%s is none', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});
