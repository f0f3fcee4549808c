import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { findBrowser } from './find-browser.ts';

const CHROMIUM = findBrowser(process.env);
/** Why there is no browser here, as a sentence; undefined: there is one. */
export const browserLacks =
  CHROMIUM === undefined
    ? 'there is no browser here: install chromium, or name one in CHROMIUM'
    : undefined;

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Look {
  readonly width: number;
  readonly theme: 'light' | 'dark';
  readonly language: 'es-CO' | 'en-US';
}

/** A browser with a profile of its own, which nothing outlives. */
export class Browser {
  readonly #context: BrowserContext;
  readonly #dir: string;
  /** What pages complained of: errors thrown, and violations of the content security policy. */
  readonly complaints: string[] = [];

  private constructor(context: BrowserContext, dir: string) {
    this.#context = context;
    this.#dir = dir;
  }

  static async launch({ width, theme, language }: Look): Promise<Browser> {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-browser-'));
    const context = await chromium.launchPersistentContext(dir, {
      executablePath: CHROMIUM ?? 'chromium',
      args: ARGS,
      viewport: { width, height: width < 700 ? 844 : 860 },
      colorScheme: theme,
      locale: language,
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(30_000);
    return new Browser(context, dir);
  }

  async open(url: string): Promise<Page> {
    const page = await this.#context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // A refused request is the business of whoever made it.
      const isRefusal = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isRefusal) this.complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.#context.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.locator('input[type=password]').fill(key);
  await page.keyboard.press('Enter');
  await page.locator('header.header').waitFor();
}

/** Goes to a place of the dashboard, like #/costs, and waits until nothing is being loaded there. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.locator('main h1').first().waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
}

/** Every view, for an instance of this number. */
export const viewsOf = (number: string): Readonly<Record<string, string>> => ({
  fleet: '#/',
  instance: `#/instances/${number}`,
  timeline: `#/instances/${number}/timeline`,
  events: `#/instances/${number}/events`,
  log: `#/instances/${number}/log`,
  yaml: `#/instances/${number}/yaml`,
  create: '#/new',
  pools: '#/pools',
  manifests: '#/manifests',
  costs: '#/costs',
});
