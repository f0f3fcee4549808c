// Drives the dashboard in a real browser, over the real program and the simulated cloud.
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { Browser, browserLacks, goTo, signIn, viewsOf } from './browser.ts';
import { API_KEY, type Program, World } from './program.ts';

const NUMBER = '573332221111';
const VIEWER_KEY = 'e2e-viewer-key';
const why = browserLacks ? ` (skipped: ${browserLacks})` : '';

describe.skipIf(browserLacks)(`the dashboard${why}`, () => {
  let world: World;
  let program: Program;
  let desk: Browser;
  let page: Page;

  beforeAll(async () => {
    world = await World.start(inject('redisUrl'));
    [program, desk] = await Promise.all([
      world.run({ API_KEY: `${API_KEY},look:viewer:${VIEWER_KEY}` }),
      Browser.launch({ width: 1280, theme: 'light', language: 'es-CO' }),
    ]);
    page = await desk.open(program.url);
  });
  afterAll(async () => {
    await desk?.close();
    await world?.close();
    expect(desk?.complaints).toEqual([]);
  });

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const instance = async () => {
    const path = `/apis/orquesta.clientfy.io/v1/instances/bot-${NUMBER}`;
    const answer = await program.request('GET', path);
    return answer.ok
      ? ((await answer.json()) as {
          spec: { paused: boolean; features: { appointments: boolean } };
          status: { restarts: number };
        })
      : undefined;
  };

  test('lets in by a key that the server knows, and by no other', async () => {
    await page.getByLabel('Clave de la API').fill('wrong');
    await button('Entrar').click();
    await page.getByText('El servidor no conoce esta clave.').waitFor();
    await signIn(page, API_KEY);
    await page.getByText('Todavía no hay instancias').waitFor();
    // For this tab alone, and never in the address, a cookie, or what outlives the tab.
    expect(
      await page.evaluate(
        '[localStorage, document.cookie, location.href].map(JSON.stringify).join()',
      ),
    ).not.toContain(API_KEY);
  });

  test('creates an instance and shows it come up, down to the QR', async () => {
    await page.getByRole('link', { name: 'Nueva instancia' }).first().click();
    await page.getByLabel('Número de teléfono').fill('12');
    await button('Crear instancia').click();
    await page.getByText('Escriba de 7 a 15 dígitos').waitFor();
    await page.getByLabel('Número de teléfono').fill('+57 333 222 1111');
    await page.getByLabel('Invitaciones automáticas').check();
    await button('Crear instancia').click();
    await page.getByRole('heading', { name: NUMBER }).waitFor();
    await page.locator('.instance-phase').getByText('En marcha').waitFor({ timeout: 90_000 });
    const qr = page.getByAltText(`Código QR que vincula ${NUMBER} a WhatsApp`);
    await qr.waitFor();
    const width = `document.querySelector('.qr img').decode().then(() => document.querySelector('.qr img').naturalWidth)`;
    expect(await page.evaluate(width)).toBeGreaterThan(50);
    expect(await page.locator('.condition-True').count()).toBeGreaterThanOrEqual(5);
  });

  test('finds it in the fleet by number, phase, class and label', async () => {
    await goTo(page, '#/');
    const rows = page.locator('.fleet-table .rows [role=row]');
    await rows.first().waitFor();
    // What may leave at once, not what a whole minute or hour allows.
    await page.getByText(/^\d+ de 165 ahora$/).waitFor();
    await page.getByText(/^\d+ de 500 ahora$/).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('999');
    await page.getByText('Nada coincide con estos filtros').waitFor();
    await page.getByLabel('Número o dirección').fill('+57 333');
    await rows.first().waitFor();
    await page.getByLabel('Etiquetas').fill('customer=acme');
    await page.getByText('Nada coincide con estos filtros').waitFor();
    await button('Quitar filtros').first().click();
    await page.getByRole('button', { name: 'En marcha' }).click();
    await rows.first().waitFor();
    await page.waitForFunction(`location.hash === '#/?phase=completed'`);
    await page.getByRole('button', { name: 'Fallida' }).click();
    await page.getByRole('button', { name: 'En marcha' }).click();
    await page.getByText('Nada coincide con estos filtros').waitFor();
    await button('Quitar filtros').first().click();
    await page.getByLabel('Clase').selectOption('default');
    await rows.first().waitFor();
    // Whoever leaves at once after a change of the filter gets where they wanted to.
    await page.evaluate(`(() => {
      requestAnimationFrame(() => { location.hash = '#/costs'; });
      const choice = document.querySelector('.filter-bar select');
      choice.value = '';
      choice.dispatchEvent(new Event('change', { bubbles: true }));
    })()`);
    await page.getByRole('heading', { name: 'Costos' }).waitFor();
  });

  test('shows what the preparation printed, and the bot itself', async () => {
    await goTo(page, `#/instances/${NUMBER}/log`);
    await page.getByRole('log').getByText('==> Done').waitFor();
    await button('Diario del bot').click();
    await page.getByRole('log').filter({ hasNotText: '==> Done' }).waitFor();
  });

  test('tells why it is as it is, what happened to it, and what its droplet costs', async () => {
    await goTo(page, `#/instances/${NUMBER}`);
    await page.locator('.explain').getByText('Qué puede hacer usted').waitFor();
    await goTo(page, `#/instances/${NUMBER}/timeline`);
    for (const phase of ['Creando droplet', 'Esperando SSH', 'Preparando', 'En marcha']) {
      await page.locator('.timeline').getByText(phase).first().waitFor();
    }
    await goTo(page, `#/instances/${NUMBER}/events`);
    await page.locator('.event-Normal').first().waitFor();
    await goTo(page, '#/costs');
    const row = page.locator('.ledger-table .rows [role=row]').first();
    await row.getByRole('link', { name: `bot-${NUMBER}` }).waitFor();
    await row.getByText('ahora').waitFor();
    await page.getByText('Cada droplet tiene su registro').waitFor();
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      button('Descargar CSV').click(),
    ]);
    expect(csv.suggestedFilename()).toBe('orquesta-ledger.csv');
  });

  test('tells what is wrong in a manifest at its line, and applies it once it is right', async () => {
    await goTo(page, `#/instances/${NUMBER}/yaml`);
    const editor = page.getByRole('textbox', { name: 'YAML' });
    const text = await editor.inputValue();
    const line = text.split('\n').findIndex((one) => one.includes('provider:')) + 1;
    await editor.fill(text.replace('provider: baileys', 'provider: pigeon'));
    await page.getByText(`Línea ${line}, columna`).waitFor();
    expect(await page.locator('.editor-gutter .is-bad').textContent()).toBe(String(line));
    expect(await button('Aplicar').isDisabled()).toBe(true);
    await editor.fill(text.replace('appointments: false', 'appointments: true'));
    await page.getByText(`bot-${NUMBER}: cambiaría`).waitFor();
    await editor.press('Control+Enter');
    await page.getByText(`Aplicado: bot-${NUMBER}`).waitFor();
    expect((await instance())?.spec.features.appointments).toBe(true);
  });

  test('shows the pools, and offers a key that only looks nothing that would be refused', async () => {
    await program.apply(
      'apiVersion: orquesta.clientfy.io/v1\nkind: InstancePool\nmetadata: {name: warm}\nspec: {replicas: 0}\n',
    );
    const browser = await Browser.launch({ width: 1280, theme: 'light', language: 'en-US' });
    try {
      const seen = await browser.open(program.url);
      await signIn(seen, VIEWER_KEY);
      await goTo(seen, '#/pools');
      const row = seen.locator('.pools-table .rows [role=row]');
      await row.getByRole('link', { name: 'warm' }).waitFor();
      await row.getByText('0 of 0').waitFor();
      const sentence = seen.locator('main').getByText('Your key only lets you look');
      const offers = seen.locator('main').getByRole('button', {
        name: /^(Restart|Pause|Delete|Apply|Create instance)$/,
      });
      for (const hash of [
        `#/instances/${NUMBER}`,
        `#/instances/${NUMBER}/yaml`,
        '#/manifests',
        '#/new',
      ]) {
        await goTo(seen, hash);
        await sentence.first().waitFor();
        expect(await offers.count(), hash).toBe(0);
      }
      await goTo(seen, `#/instances/${NUMBER}/yaml`);
      expect(await seen.getByRole('textbox').isEditable()).toBe(false);
      await goTo(seen, '#/');
      expect(await seen.getByRole('link', { name: 'New', exact: false }).count()).toBe(0);
    } finally {
      await browser.close();
    }
  });

  test('pauses, resumes and restarts', async () => {
    await goTo(page, `#/instances/${NUMBER}`);
    await button('Pausar').click();
    await page.getByText('Esta instancia está en pausa').waitFor();
    expect((await instance())?.spec.paused).toBe(true);
    await button('Reanudar').click();
    await button('Pausar').waitFor();
    expect((await instance())?.spec.paused).toBe(false);
    await page.locator('.instance-phase').getByText('En marcha').waitFor({ timeout: 90_000 });
    const before = (await instance())?.status.restarts ?? 0;
    await button('Reiniciar').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reiniciar' }).click();
    await page.getByText('El reinicio está en camino').waitFor();
    await eventually(
      'it was restarted',
      async () => ((await instance())?.status.restarts ?? 0) > before,
    );
  });

  test.each([
    { width: 1280, theme: 'light', language: 'en-US' },
    { width: 1280, theme: 'dark', language: 'es-CO' },
    { width: 390, theme: 'light', language: 'en-US' },
    { width: 390, theme: 'dark', language: 'es-CO' },
  ] as const)('can be used by everybody, in every view: %j', async (look) => {
    const browser = await Browser.launch(look);
    try {
      const seen = await browser.open(program.url);
      expect(await violations(seen), 'signing in').toEqual([]);
      await signIn(seen, API_KEY);
      for (const [name, hash] of Object.entries(viewsOf(NUMBER))) {
        await goTo(seen, hash);
        expect(await violations(seen), name).toEqual([]);
        const isWide = await seen.evaluate('document.documentElement.scrollWidth > innerWidth');
        expect(isWide, `${name} scrolls sideways`).toBe(false);
      }
      await goTo(seen, `#/instances/${NUMBER}`);
      await seen.locator('.actions .button-danger').click();
      await seen.getByRole('dialog').waitFor();
      expect(await violations(seen), 'the question before a deletion').toEqual([]);
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test('tells of a brake on the whole fleet, in the language of the page', async () => {
    await goTo(page, '#/');
    const fault = { kind: 'error', status: 503, html: false, committed: false } as const;
    world.simulator.faults.set([{ fault, on: { operations: ['listDroplets'] } }]);
    try {
      // Nothing changes, so that the account is listed twice a minute.
      const banner = page.getByRole('status').filter({ hasText: 'Reparaciones detenidas' });
      await banner.getByText('La API de DigitalOcean acaba de fallar').waitFor({ timeout: 60_000 });
    } finally {
      world.simulator.faults.set([]);
    }
    expect(await violations(page), 'the banner').toEqual([]);
  });

  test('says that the connection is lost, and takes it up again', async () => {
    await goTo(page, '#/');
    const port = new URL(program.url).port;
    await program.kill();
    await page.getByText('Sin conexión. Próximo intento').waitFor();
    // What was known stays in sight.
    expect(await page.locator('.fleet-table .rows [role=row]').count()).toBe(1);
    program = await world.run({ PORT: port });
    await page.getByText('En vivo').waitFor();
  });

  test('takes the connection up at once when it is told to', async () => {
    const port = new URL(program.url).port;
    const browser = await Browser.launch({ width: 1280, theme: 'light', language: 'es-CO' });
    try {
      const seen = await browser.open(program.url);
      await signIn(seen, API_KEY);
      await seen.getByText('En vivo').waitFor();
      // From here on no wait of the page ends by itself, so that it is the button that does it.
      await seen.clock.pauseAt((await seen.evaluate<number>('Date.now()')) + 1_000);
      await program.kill();
      const retry = seen.getByRole('button', { name: 'Intentar ahora', exact: true });
      await retry.waitFor();
      program = await world.run({ PORT: port });
      await retry.click();
      await seen.getByText('En vivo').waitFor();
      await retry.waitFor({ state: 'detached' });
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test('moves the focus along with the view, not after it: a key pressed since then has its own place', async () => {
    await goTo(page, '#/');
    const focused = await page.evaluate(
      `new Promise((tell) => {
        addEventListener('hashchange', async () => {
          for (let turn = 0; turn < 9; turn += 1) await undefined;
          tell(document.activeElement.id);
        }, { once: true });
        location.hash = '#/instances/${NUMBER}';
      })`,
    );
    expect(focused).toBe('content');
  });

  test('deletes by keyboard alone, and only with the number typed', async () => {
    await goTo(page, '#/');
    await page.keyboard.press('/');
    await page.keyboard.type(NUMBER);
    await tabTo(page, NUMBER);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: NUMBER }).waitFor();
    await tabTo(page, 'Eliminar');
    await page.keyboard.press('Enter');
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Eliminar' });
    await page.getByRole('dialog').waitFor();
    expect(await confirm.isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // However fast the next key follows on Escape.
    await page.evaluate(
      `(async () => {
        document.querySelector('dialog').requestClose();
        for (let turn = 0; turn < 9; turn += 1) await undefined;
        document.activeElement.click();
      })()`,
    );
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Cancelar');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // The focus is back where it was.
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, `Escriba ${NUMBER} para confirmar`);
    await page.keyboard.type(NUMBER);
    expect(await confirm.isEnabled()).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByText('No hay instancia con este número').waitFor({ timeout: 60_000 });
    await eventually('its droplet is gone', () => world.live() === 0);
  });

  test('draws only the rows near the window, of a hundred', async () => {
    const manifests = Array.from(
      { length: 100 },
      (_, index) =>
        `apiVersion: orquesta.clientfy.io/v1\nkind: Instance\nspec: {numberphone: "${5_700_000_000 + index}", paused: true}\n`,
    );
    await program.apply(manifests.join('---\n'));
    await goTo(page, '#/?order=number');
    await page.getByText('100 instancias').waitFor();
    const rows = page.locator('.fleet-table .rows [role=row]');
    expect(await rows.count()).toBeLessThan(50);
    await page.keyboard.press('End');
    await page.getByRole('link', { name: '5700000099' }).waitFor();
    expect(await rows.count()).toBeLessThan(50);
  });
});

/** Serious ones, as sentences: WCAG 2.2 A and AA, and axe's best practices. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  )) as axe.AxeResults;
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** Presses Tab until what has the focus bears this name. */
async function tabTo(page: Page, name: string): Promise<void> {
  const MOST = 40;
  for (let presses = 0; presses < MOST; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(
      '(({ labels, textContent }) => labels?.[0]?.textContent ?? textContent)(document.activeElement)',
    );
    if (String(focused).trim() === name) return;
  }
  throw new Error(`${MOST} times Tab did not lead to "${name}"`);
}
