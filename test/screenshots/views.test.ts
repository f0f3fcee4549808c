// Makes docs/images/*.png: every view of the dashboard, wide and narrow, light and dark, over a small fleet that really runs.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { Browser, browserLacks, goTo, type Look, signIn, viewsOf } from '../e2e/browser.ts';
import { API_KEY, type Program, World } from '../e2e/program.ts';
import { eventually } from '../eventually.ts';

const FOLDER = 'docs/images';
const MOST_BYTES = 200_000;
const RUNNING = ['573332221111', '573332221112', '5215512345678', '34600111222'];
const FAILING = '573332221113';
const PREPARING = '573332221114';
const PAUSED = '573332221115';
const POOL = '/apis/orquesta.clientfy.io/v1/instancepools/warm';

const LOOKS: readonly Look[] = [
  { width: 1280, theme: 'light', language: 'en-US' },
  { width: 1280, theme: 'dark', language: 'es-CO' },
  { width: 390, theme: 'light', language: 'es-CO' },
  { width: 390, theme: 'dark', language: 'en-US' },
];

const FLEET = `
apiVersion: orquesta.clientfy.io/v1
kind: InstanceClass
metadata: {name: broken}
spec:
  bootstrap: {script: "echo '==> Install the bot'; echo 'npm: no space left on device' >&2; exit 7"}
  retries: {bootstrap: 0}
---
apiVersion: orquesta.clientfy.io/v1
kind: InstanceClass
metadata: {name: slow}
spec:
  bootstrap: {script: "echo '==> Check the settings'; echo '==> Install the bot'; sleep 600"}
---
apiVersion: orquesta.clientfy.io/v1
kind: InstancePool
metadata: {name: warm}
spec: {replicas: 2}
${RUNNING.map((number, index) => instance(number, { appointments: index % 2 === 0 })).join('')}
${instance(FAILING, { className: 'broken' })}
${instance(PREPARING, { className: 'slow' })}
${instance(PAUSED, { paused: true })}
`;

function instance(
  number: string,
  { className = 'default', paused = false, appointments = false },
): string {
  return `---
apiVersion: orquesta.clientfy.io/v1
kind: Instance
metadata: {labels: {customer: ${Number(number) % 2 === 0 ? 'acme' : 'globex'}}}
spec: {numberphone: "${number}", className: ${className}, paused: ${paused}, features: {appointments: ${appointments}}}
`;
}

test.skipIf(browserLacks)(
  `pictures of every view${browserLacks ? ` (skipped: ${browserLacks})` : ''}`,
  async () => {
    mkdirSync(FOLDER, { recursive: true });
    const world = await World.start(inject('redisUrl'));
    try {
      const program = await world.run();
      await program.apply(FLEET);
      await Promise.all(RUNNING.map((number) => program.reaches(number, 'completed')));
      await program.reaches(FAILING, 'failed');
      await program.reaches(PREPARING, 'initializing');
      await eventually('its pool is full', async () => {
        const answer = await program.request('GET', POOL);
        return ((await answer.json()) as { status?: { ready?: number } }).status?.ready === 2;
      });
      for (const look of LOOKS) await takeAll(program, look);
    } finally {
      await world.close();
    }
  },
);

async function takeAll(program: Program, look: Look): Promise<void> {
  const browser = await Browser.launch(look);
  try {
    const page = await browser.open(program.url);
    const take = async (view: string) => {
      const path = join(FOLDER, `${view}-${look.width}-${look.theme}.png`);
      await page.screenshot({ path, animations: 'disabled' });
      expect(statSync(path).size, path).toBeLessThan(MOST_BYTES);
    };
    await take('sign-in');
    await signIn(page, API_KEY);
    const number = RUNNING[0] ?? '';
    for (const [view, hash] of Object.entries(viewsOf(number))) {
      await goTo(page, hash);
      if (view === 'instance') await page.locator('.qr img').waitFor();
      if (view === 'yaml') {
        const editor = page.locator('textarea');
        await editor.fill((await editor.inputValue()).replace('baileys', 'pigeon'));
        await page.locator('.problem').waitFor();
      }
      await take(view);
    }
  } finally {
    await browser.close();
  }
}
