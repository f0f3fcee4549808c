import { type Plot, rounded } from './figure.ts';

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 64;
const RIGHT = 16;
const TOP = 40;
const BOTTOM = 48;
const COLOURS = ['#0b6e4f', '#c44900', '#3d5a80', '#8a1c7c'];
const TICKS = 5;

/** A plot with lines and a legend, on white, from 0 upwards. */
export function svg({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const xMost = niceAbove(Math.max(...points.map(([at]) => at)));
  const yMost = niceAbove(Math.max(...points.map(([, value]) => value)));
  const px = (at: number) => LEFT + (Math.max(0, at) / xMost) * (WIDTH - LEFT - RIGHT);
  const py = (value: number) =>
    HEIGHT - BOTTOM - (Math.max(0, value) / yMost) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => i / TICKS);
  const text = (at: number, down: number, what: string, more = '') =>
    `<text x="${at.toFixed(1)}" y="${down.toFixed(1)}" ${more}>${escaped(what)}</text>`;
  const grid = ticks.flatMap((share) => [
    `<path d="M${LEFT} ${py(share * yMost).toFixed(1)}H${WIDTH - RIGHT}" stroke="#ddd"/>`,
    text(LEFT - 8, py(share * yMost) + 4, rounded(share * yMost), 'text-anchor="end"'),
    text(px(share * xMost), HEIGHT - BOTTOM + 18, rounded(share * xMost), 'text-anchor="middle"'),
  ]);
  const drawn = lines.flatMap((line, at) => {
    const colour = COLOURS[at % COLOURS.length];
    const path = line.points.map(([a, b]) => `${px(a).toFixed(1)} ${py(b).toFixed(1)}`).join('L');
    return [
      `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      text(LEFT + 12 + at * 180, TOP - 8, line.name, `fill="${colour}"`),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 18, title, 'font-size="14" font-weight="bold"'),
    ...grid,
    ...drawn,
    text((LEFT + WIDTH) / 2, HEIGHT - 8, x, 'text-anchor="middle"'),
    text(14, HEIGHT / 2, y, `text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})"`),
    '</svg>',
    '',
  ].join('\n');
}

function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1e-6)));
  return unit * ([1, 2, 2.5, 5, 10].find((step) => step * unit >= value) ?? 10);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
