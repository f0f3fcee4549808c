import { z } from 'zod';
import type { Answer, Ask } from './account.ts';
import { type Check, failed, ok, warning } from './check.ts';

const TOKENS = 'https://cloud.digitalocean.com/account/api/tokens';
/** Times of creates and of droplets are compared. */
const MOST_SKEW_MS = 60_000;
const NOTED_SKEW_MS = 5_000;

const accountBody = z.object({
  account: z.object({
    droplet_limit: z.number(),
    status: z.string().default('active'),
    status_message: z.string().default(''),
  }),
});
const listBody = z.object({ meta: z.object({ total: z.number() }) });

/**
 * Each call that the program makes, in a form that can do nothing: an id that no droplet has, a body without what is needed. Not
 * allowed, DigitalOcean answers 403 before it looks at either.
 */
const CALLS = [
  ['droplet:read', 'GET', 'droplets?per_page=1', undefined],
  ['droplet:create', 'POST', 'droplets', {}],
  ['droplet:update', 'POST', 'droplets/0/actions', {}],
  ['droplet:delete', 'DELETE', 'droplets/0', undefined],
  ['tag:read', 'GET', 'tags?per_page=1', undefined],
  ['tag:create', 'POST', 'tags', {}],
] as const;

/** Token, scopes, limit of droplets, and whether both clocks agree. `now`: ms since the epoch. */
export async function checkCloud(ask: Ask, wanted: number, now: () => number): Promise<Check[]> {
  const began = now();
  let account: Answer;
  try {
    account = await ask('GET', 'account');
  } catch (error) {
    const why = error instanceof Error ? String(error.cause ?? error.message) : String(error);
    return [
      failed(
        'cloud',
        `DigitalOcean does not answer (${why}): check DIGITALOCEAN_API_URL, the network and its proxy.`,
      ),
    ];
  }
  const checks = [clockCheck(account.date, began, now())];
  if (account.status === 401) {
    return [
      ...checks,
      failed('token', `DigitalOcean does not take DIGITALOCEAN_TOKEN: make another at ${TOKENS}.`),
    ];
  }
  if (account.status >= 500 || account.status === 429) {
    return [
      ...checks,
      failed('token', `DigitalOcean answers ${account.status} now: try again in a minute.`),
    ];
  }
  checks.push(ok('token', 'DigitalOcean takes it'));
  const lacking = account.status === 403 ? ['account:read'] : [];
  let droplets: Answer | undefined;
  for (const [scope, method, path, body] of CALLS) {
    const answer = await ask(method, path, body);
    if (scope === 'droplet:read') droplets = answer;
    if (answer.status === 403) lacking.push(scope);
  }
  checks.push(
    lacking.length === 0
      ? ok('scopes', 'the token may do all that is needed')
      : failed(
          'scopes',
          `The token lacks ${lacking.join(', ')}: make one with these scopes at ${TOKENS}.`,
        ),
  );
  checks.push(accountCheck(account.body, droplets?.body, wanted));
  return checks;
}

function clockCheck(date: number | undefined, began: number, ended: number): Check {
  if (date === undefined) return warning('clock', 'DigitalOcean did not tell its time.');
  // The header has whole seconds, and was written at some moment between the two.
  const skew = date + 1_000 < began ? date + 1_000 - began : date > ended ? date - ended : 0;
  const told = `${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'behind' : 'ahead of'}`;
  const what = `This machine's clock is ${told} DigitalOcean's: let it follow a time server (timedatectl set-ntp true).`;
  if (Math.abs(skew) > MOST_SKEW_MS) return failed('clock', what);
  if (Math.abs(skew) > NOTED_SKEW_MS) return warning('clock', what);
  return ok('clock', "agrees with DigitalOcean's");
}

function accountCheck(account: unknown, droplets: unknown, wanted: number): Check {
  const told = accountBody.safeParse(account);
  const listed = listBody.safeParse(droplets);
  if (!told.success || !listed.success) {
    return warning('account', 'The limit of droplets could not be read.');
  }
  const { droplet_limit: limit, status, status_message: why } = told.data.account;
  const { total } = listed.data.meta;
  const place = `${total} of ${limit} droplets are in use`;
  if (status !== 'active') {
    return failed('account', `The account is "${status}"${why && ` (${why})`}: ask DigitalOcean.`);
  }
  if (total >= limit || wanted > limit) {
    const need = wanted > limit ? `, and ${wanted} are wanted` : '';
    return failed('account', `${place}${need}: ask DigitalOcean for a higher limit.`);
  }
  return total >= limit * 0.9
    ? warning('account', `${place}: ask DigitalOcean for a higher limit in time.`)
    : ok('account', place);
}
