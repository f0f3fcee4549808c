import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { buildWeb } from '../scripts/build-web.mjs';
import { API_KEY, startWorld, type World } from '../test/chaos/world.ts';
import { Browser, browserLacks, goTo, signIn } from '../test/e2e/browser.ts';
import { eventually } from '../test/eventually.ts';
import { type Figure, type Findings, percentile } from './figure.ts';
import { numberOf, seedFleet } from './fleet.ts';
import { sharedCloud } from './shared-cloud.ts';

const FRAMES = 600;
/** A fast flick on a phone: about 50 rows a second. */
const PIXELS_A_FRAME = 60;
const CHANGES_A_SECOND = 10;

interface Scrolled {
  /** ms between one drawn frame and the next. */
  readonly frames: readonly number[];
  readonly mostRows: number;
  readonly emptyFrames: number;
}

/** The dashboard's list of a large fleet, scrolled in a browser while instances change; its floor is a page of plain text in the same browser. */
export async function scroll(options: {
  readonly rows: number;
  readonly say: (text: string) => void;
}): Promise<Findings> {
  const { rows, say } = options;
  if (browserLacks) {
    say(`scroll: left out, for ${browserLacks}`);
    return { figures: [] };
  }
  await buildWeb();
  const world = await startWorld({
    // Never started: the fleet is to stay as it was seeded.
    controllers: 1,
    startedControllers: 0,
    apis: 1,
    machines: sharedCloud,
    random: Math.random,
    account: { dropletLimit: rows + 10 },
    env: { API_REQUESTS_PER_SECOND: '10000', LOG_LEVEL: 'warn' },
    redisSettings: ['--save', '', '--appendonly', 'no'],
  });
  try {
    const klass = await eventually('there is a class', () =>
      world.store.get('InstanceClass', 'default'),
    );
    await seedFleet(world, 0, rows, klass);
    say(`scroll: ${rows} instances are declared`);
    const figures: Figure[] = [];
    for (const width of [1280, 390]) figures.push(...(await scrolledAt(world, width, rows)));
    return { figures };
  } finally {
    await world.close();
  }
}

async function scrolledAt(world: World, width: number, rows: number): Promise<Figure[]> {
  const browser = await Browser.launch({ width, theme: 'light', language: 'es-CO' });
  try {
    const page = await browser.open('about:blank');
    await page.setContent(plainText(rows));
    const plain = await scrollThrough(page);
    await page.goto(`${world.apis[0]?.url}/`);
    await signIn(page, API_KEY);
    await goTo(page, '#/');
    await page.locator(`.fleet-table[aria-rowcount="${rows + 1}"]`).waitFor();
    const changing = new AbortController();
    const changes = keepChanging(world, rows, changing.signal);
    const fleet = await scrollThrough(page);
    changing.abort();
    const changed = await changes;
    const section = `scroll ${width} px`;
    const frame = { section, unit: 'ms' };
    return [
      {
        ...frame,
        name: 'frame p50',
        value: percentile(fleet.frames, 0.5),
        floor: percentile(plain.frames, 0.5),
        note: `${rows} rows, ${changed} of them changed meanwhile; floor: a page of plain text`,
      },
      {
        ...frame,
        name: 'frame p95',
        value: percentile(fleet.frames, 0.95),
        floor: percentile(plain.frames, 0.95),
        most: 34,
      },
      {
        ...frame,
        name: 'frame p99',
        value: percentile(fleet.frames, 0.99),
        floor: percentile(plain.frames, 0.99),
      },
      {
        section,
        unit: 'frames',
        name: 'without a row to be seen',
        value: fleet.emptyFrames,
        most: 0,
      },
      { section, unit: 'rows', name: 'drawn at a time', value: fleet.mostRows, most: 100 },
    ];
  } finally {
    await browser.close();
  }
}

/** As tall as the fleet, of one line a row, without a program behind it. */
const plainText = (rows: number): string =>
  `<pre style="line-height: 68px">${Array.from({ length: rows }, (_, at) => numberOf(at)).join('\n')}</pre>`;

/** As text: what runs in a page is none of this program's modules. */
const PAGE_SCRIPT = readFileSync(new URL('scroll-page.js', import.meta.url), 'utf8');

async function scrollThrough(page: Page): Promise<Scrolled> {
  await page.evaluate(PAGE_SCRIPT);
  const asked = JSON.stringify({ count: FRAMES, pixels: PIXELS_A_FRAME });
  return page.evaluate(`scrollThrough(${asked})`);
}

/** Restarts bots here and there, as a fleet at work shows it. Answers how many. */
async function keepChanging(world: World, rows: number, signal: AbortSignal): Promise<number> {
  let changed = 0;
  while (!signal.aborted) {
    const name = `bot-${numberOf((changed * 7919) % rows)}`;
    const instance = await world.store.get('Instance', name);
    if (instance) {
      const restartedAt = new Date().toISOString();
      await world.store.update('Instance', {
        ...instance,
        spec: { ...instance.spec, restartedAt },
      });
    }
    changed += 1;
    await new Promise((resolve) => setTimeout(resolve, 1000 / CHANGES_A_SECOND));
  }
  return changed;
}
