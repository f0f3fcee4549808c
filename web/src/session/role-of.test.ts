import { expect, test } from 'vitest';
import { roleOf } from './role-of.ts';

test.each([
  [['orquesta:viewer', 'system:authenticated'], 'viewer'],
  [['system:authenticated', 'orquesta:admin'], 'admin'],
  [['orquesta:superuser', 'viewer'], undefined],
  [[], undefined],
])('of groups %j the role is %s', (groups, role) => expect(roleOf(groups)).toBe(role));
