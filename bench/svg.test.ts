import { describe, expect, it } from 'vitest';
import type { Plot } from './figure.ts';
import { svg } from './svg.ts';

const plot = (over: Partial<Plot> = {}): Plot => ({
  file: 'plot.svg',
  title: 'Cost',
  x: 'instances',
  y: 'MB',
  lines: [
    {
      name: 'RSS',
      points: [
        [0, 50],
        [1_000, 100],
      ],
    },
  ],
  ...over,
});

const pathsOf = (drawn: string) =>
  [...drawn.matchAll(/<path d="M([^"]+)" fill="none"/g)].map(([, path = '']) =>
    path.split('L').map((point) => point.split(' ').map(Number)),
  );
const labelsOf = (drawn: string, anchor: string) =>
  [...drawn.matchAll(new RegExp(`text-anchor="${anchor}">([^<]+)<`, 'g'))].map(([, text]) => text);

describe('a plot', () => {
  it('begins at the corner and ends where its axes do', () => {
    const [line] = pathsOf(svg(plot()));
    // 640 by 320, within the margins.
    expect(line).toEqual([
      [64, 156],
      [624, 40],
    ]);
  });

  it('has axes that end at a round number, no smaller than what they show', () => {
    const drawn = svg(plot({ lines: [{ name: 'RSS', points: [[730, 260]] }] }));
    expect(labelsOf(drawn, 'end')).toEqual(['0', '100', '200', '300', '400', '500']);
    expect(labelsOf(drawn, 'middle').slice(0, 6)).toEqual([
      '0',
      '200',
      '400',
      '600',
      '800',
      '1000',
    ]);
  });

  it('gives each line its colour and its name', () => {
    const points = [[1, 1]] as const;
    const lines = ['one', 'two', 'three'].map((name) => ({ name, points }));
    const drawn = svg(plot({ lines }));
    const colours = [...drawn.matchAll(/stroke="(#[0-9a-f]{6})" stroke-width="2"/g)];
    expect(new Set(colours.map(([, colour]) => colour)).size).toBe(3);
    for (const { name } of lines) expect(drawn).toContain(`>${name}</text>`);
  });

  it('shows what is below nothing as nothing', () => {
    const points = [
      [-5, -5],
      [10, 10],
    ] as const;
    expect(pathsOf(svg(plot({ lines: [{ name: 'RSS', points }] })))[0]?.[0]).toEqual([64, 272]);
  });

  it.each([
    ['no lines', []],
    ['lines without points', [{ name: 'RSS', points: [] }]],
    ['nothing but zeros', [{ name: 'RSS', points: [[0, 0]] as const }]],
  ])('of %s is drawn all the same', (_, lines) => {
    expect(svg(plot({ lines }))).not.toMatch(/NaN|Infinity/);
  });

  it('holds no markup of its texts', () => {
    const lines = [{ name: 'a<b', points: [[1, 1]] as const }];
    const drawn = svg(plot({ title: 'C & "D" <i>', x: '<x>', y: '&y', lines }));
    expect(drawn).toContain('aria-label="C &amp; &quot;D&quot; &lt;i>"');
    expect(drawn).toContain('>a&lt;b</text>');
    expect(drawn).not.toContain('<i>');
  });
});
