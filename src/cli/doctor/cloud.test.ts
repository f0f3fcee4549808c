import { describe, expect, test } from 'vitest';
import type { Answer, Ask } from './account.ts';
import { checkCloud } from './cloud.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

interface Given {
  readonly account?: object;
  /** Statuses other than the usual ones, by "METHOD path". */
  readonly statuses?: Readonly<Record<string, number>>;
  readonly date?: number | undefined;
  readonly droplets?: number;
}

/** DigitalOcean as a token sees it. */
function account({ account: over = {}, statuses = {}, droplets = 3, ...given }: Given = {}): {
  readonly ask: Ask;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const usual: Readonly<Record<string, number>> = {
    'POST droplets': 422,
    'POST tags': 422,
    'POST droplets/0/actions': 404,
    'DELETE droplets/0': 404,
  };
  const ask: Ask = async (method, path) => {
    const call = `${method} ${path}`;
    asked.push(call);
    const body =
      path === 'account'
        ? { account: { droplet_limit: 25, status: 'active', ...over } }
        : { meta: { total: droplets } };
    const date = 'date' in given ? given.date : NOW;
    const answer: Answer = { status: statuses[call] ?? usual[call] ?? 200, body, date };
    return answer;
  };
  return { ask, asked };
}

const told = async (given: Given, wanted = 0) => {
  const checks = await checkCloud(account(given).ask, wanted, () => NOW);
  return Object.fromEntries(
    checks.map(({ name, state, message }) => [name, `${state}: ${message}`]),
  );
};

describe('what the doctor says of the account', () => {
  test('all is well', async () => {
    expect(await told({})).toEqual({
      clock: "ok: agrees with DigitalOcean's",
      token: 'ok: DigitalOcean takes it',
      scopes: 'ok: the token may do all that is needed',
      account: 'ok: 3 of 25 droplets are in use',
    });
  });

  test('nothing that it asks could make or end anything', async () => {
    const { ask, asked } = account();
    const bodies: unknown[] = [];
    await checkCloud(
      async (method, path, body) => {
        if (method !== 'GET') bodies.push(body ?? path);
        return ask(method, path);
      },
      0,
      () => NOW,
    );
    expect(bodies).toEqual([{}, {}, 'droplets/0', {}]);
    expect(asked).toContain('DELETE droplets/0');
  });

  test('a token that is not taken is asked about nothing more', async () => {
    const { ask, asked } = account({ statuses: { 'GET account': 401 } });
    const checks = await checkCloud(ask, 0, () => NOW);
    expect(checks.at(-1)?.message).toMatch(
      /does not take DIGITALOCEAN_TOKEN: make another at https/,
    );
    expect(asked).toEqual(['GET account']);
  });

  test('scopes that are lacking are named', async () => {
    const statuses = { 'POST droplets': 403, 'DELETE droplets/0': 403, 'GET account': 403 };
    expect((await told({ statuses }))['scopes']).toMatch(
      /^failed: The token lacks account:read, droplet:create, droplet:delete: /,
    );
  });

  test.each([
    [NOW, 'ok'],
    [NOW - 1_000, 'ok'],
    [NOW - 20_000, 'warning: .* 19 s ahead of'],
    [NOW + 20_000, 'warning: .* 20 s behind'],
    [NOW + 120_000, 'failed: .* 120 s behind'],
    [undefined, 'warning: DigitalOcean did not tell'],
  ])('its clock says %s', async (date, pattern) => {
    expect((await told({ date }))['clock']).toMatch(new RegExp(`^${pattern}`));
  });

  test.each([
    [{ droplets: 25 }, 0, 'failed: 25 of 25 droplets are in use: ask'],
    [{ droplets: 23 }, 0, 'warning: 23 of 25'],
    [{}, 40, 'failed: 3 of 25 droplets are in use, and 40 are wanted'],
    [
      { account: { status: 'locked', status_message: 'pay' } },
      0,
      'failed: The account is "locked" \\(pay\\)',
    ],
  ])('%j with %i wanted', async (given, wanted, pattern) => {
    expect((await told(given, wanted))['account']).toMatch(new RegExp(`^${pattern}`));
  });

  test('no answer is told as that', async () => {
    const checks = await checkCloud(
      async () => {
        throw new TypeError('fetch failed', { cause: new Error('ENOTFOUND') });
      },
      0,
      () => NOW,
    );
    expect(checks).toMatchObject([
      { name: 'cloud', state: 'failed', message: expect.stringContaining('ENOTFOUND') },
    ]);
  });
});
