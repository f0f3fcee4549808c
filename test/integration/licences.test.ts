import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isPermissive, licensed, page } from '../../scripts/licences.ts';

describe('a licence', () => {
  it.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0)', '(BSD-3-Clause AND MIT)'])(
    '%s may go out with the program',
    (expression) => expect(isPermissive(expression)).toBe(true),
  );

  it.each([
    'GPL-3.0',
    'AGPL-3.0-only',
    'LGPL-2.1',
    'MPL-2.0',
    'MIT AND GPL-2.0',
    'UNLICENSED',
    'unknown',
    '',
  ])('%j may not', (expression) => expect(isPermissive(expression)).toBe(false));
});

describe('what goes out', () => {
  const packages = licensed();

  it('is all permissive, to the last package', () => {
    expect(packages.length).toBeGreaterThan(50);
    expect(packages.filter(({ licence }) => !isPermissive(licence))).toEqual([]);
    const names = packages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['bullmq', 'ssh2', 'preact', 'swagger-ui-dist']));
    expect(names).not.toContain('vitest');
  });

  it('is what docs/licences.md says (else: npm run licences)', () => {
    const docs = readFileSync(new URL('../../docs/licences.md', import.meta.url), 'utf8');
    // A formatter may have made columns of the table.
    const bare = (text: string) => text.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---');
    expect(bare(docs)).toBe(bare(page(packages)));
  });
});
