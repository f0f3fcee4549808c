import { describe, expect, it } from 'vitest';
import type { CloudErrorKind } from './cloud.ts';
import { secretsOf, verdict } from './verdict.ts';

const asked = { doing: 'create droplet "bot-573332221111"', method: 'POST' } as const;
const said = (message: string) => ({ id: 'x', message });
const judge = (status: number, body: unknown) => verdict({ status, body }, asked, [], 1234);

describe('verdict', () => {
  it('lets every 2xx pass', () => {
    for (const status of [200, 201, 202, 204]) expect(judge(status, undefined)).toBeUndefined();
  });

  const cases: readonly (readonly [number, string, CloudErrorKind])[] = [
    [400, 'name is too long', 'refused'],
    [401, 'Unable to authenticate you', 'unauthorized'],
    [403, 'You are not authorized', 'unauthorized'],
    [404, 'The resource you were accessing could not be found.', 'refused'],
    [408, 'timed out', 'outcome-unknown'],
    [409, 'conflict', 'try-again'],
    [423, 'locked', 'try-again'],
    [422, 'creating this/these droplet(s) will exceed your droplet limit', 'quota'],
    [422, 'You will exceed your Droplet limit, please try again later', 'quota'],
    [422, 'You have reached your limit of 8 Droplets.', 'quota'],
    [422, 'The account has hit its Droplet quota', 'quota'],
    [422, 'user_data is over its limit of 64 KiB', 'refused'],
    [422, 'Size is not available in this region.', 'unavailable-here'],
    [422, 'The size is no longer available', 'unavailable-here'],
    [422, 'sfo3 is out of capacity', 'unavailable-here'],
    [422, 'Region is not available', 'unavailable-here'],
    [422, 'The size is currently unavailable, please try again', 'unavailable-here'],
    [422, 'Droplet already has a pending event.', 'try-again'],
    [422, 'Something went wrong, please try again', 'try-again'],
    [422, 'You specified an invalid image for Droplet creation.', 'refused'],
    [429, 'API Rate limit exceeded.', 'rate-limited'],
    [500, 'Server was unable to give you a response.', 'outcome-unknown'],
    [503, 'service_unavailable', 'outcome-unknown'],
    [302, 'moved', 'outcome-unknown'],
  ];
  it.each(cases)('a %i with "%s" is %s', (status, message, kind) => {
    expect(judge(status, said(message))).toMatchObject({ kind, status });
  });

  it.each([401, 403])('a %i counts whoever wrote it: no create gets past it', (status) => {
    expect(judge(status, '<html>')?.kind).toBe('unauthorized');
  });

  it.each([400, 404, 422, 504])(
    'a %i that DigitalOcean did not write leaves the outcome unknown',
    (status) => {
      expect(judge(status, undefined)?.kind).toBe('outcome-unknown');
      expect(judge(status, '<html>')?.kind).toBe('outcome-unknown');
    },
  );

  it('a 429 counts whoever wrote it, and says until when', () => {
    expect(judge(429, undefined)).toMatchObject({ kind: 'rate-limited', retryAt: 1234 });
  });

  it('names what was asked, what was said and what to do', () => {
    expect(judge(422, said('You specified an invalid size\n for Droplet creation.'))?.message).toBe(
      'DigitalOcean was asked to create droplet "bot-573332221111" and answered HTTP 422: "You specified an invalid size for Droplet creation". Repeating it does not help; change what it objects to.',
    );
  });

  it('does not tell a reader that a read may have been done', () => {
    const error = verdict(
      { status: 500, body: said('x') },
      { doing: 'list', method: 'GET' },
      [],
      0,
    );
    expect(error?.message).not.toContain('may have been done');
  });

  it('caps what DigitalOcean said', () => {
    expect(judge(400, said('é'.repeat(100_000)))?.message.length).toBeLessThan(600);
  });

  it('repeats neither the token nor a line of user_data', () => {
    const secrets = secretsOf(
      'dop_v1_secret',
      '#cloud-config\n  b3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n',
    );
    for (const leak of ['token dop_v1_secret is bad', 'bad: b3BlbnNzaC1rZXktdjEAAAAABG5vbmU']) {
      const error = verdict({ status: 422, body: said(leak) }, asked, secrets, 0);
      expect(error?.kind).toBe('refused');
      expect(error?.message).toContain('left out');
      expect(error?.message).not.toContain('dop_v1');
      expect(error?.message).not.toContain('b3Blb');
    }
  });
});
