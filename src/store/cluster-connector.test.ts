import { describe, expect, test } from 'vitest';
import { holderOf } from './cluster-connector.ts';

const NODES = [
  'aaa 10.0.0.1:6379@16379,one.internal master,fail - 0 0 1 connected 0-5460',
  'bbb 10.0.0.2:6379@16379 master - 0 0 7 connected 0-5460 [93-<-aaa]',
  'ccc 10.0.0.3:6379@16379 slave bbb 0 0 7 connected',
  'ddd :6380@16380 myself,master - 0 0 3 connected 5461-10922 12000',
  'eee [fd00::1]:6379@16379 myself,master - 0 0 4 connected 10923-11999 [12001->-ddd]',
  'fff fd00::2:6379@16379 master - 0 0 5 connected 12002-16383',
  '',
].join('\n');

describe('holderOf', () => {
  test.each([
    [0, '10.0.0.2', 6379, 7],
    [5460, '10.0.0.2', 6379, 7],
    [5461, '', 6380, 3],
    [12_000, '', 6380, 3],
    [11_000, '[fd00::1]', 6379, 4],
    [16_383, 'fd00::2', 6379, 5],
  ])('slot %i', (slot, host, port, epoch) => {
    expect(holderOf(slot, NODES)).toEqual({ master: { host, port }, epoch });
  });

  test('nobody, while a slot has no master that lives', () => {
    expect(holderOf(12_001, NODES)).toBeUndefined();
    expect(
      holderOf(0, 'aaa 10.0.0.1:6379@16379 master,fail - 0 0 1 connected 0-16383'),
    ).toBeUndefined();
    expect(holderOf(0, '')).toBeUndefined();
  });
});
