import { expect, test } from 'vitest';
import { machineWords } from './machine-words.ts';

test('they stay on one line and do nothing', () => {
  expect(machineWords(' a\r\n\u001b]0;b\u0007\u202ec ', 100)).toBe('a ]0;b c');
});

test('no character is cut in two, and none comes that was: half of one is no text to others', () => {
  expect(machineWords('ab😀😀', 3)).toBe('ab');
  expect(machineWords('ab😀😀', 4)).toBe('ab😀');
  expect(machineWords('a\ud800b\udc00', 100)).toBe('a b');
  expect(machineWords(`${' '.repeat(9)}😀`, 1)).toBe('');
});
