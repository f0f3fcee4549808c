import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describePlace, parseRedisUrl, RedisUrlError } from './redis-url.ts';

describe('parseRedisUrl', () => {
  test('reads the nodes of a cluster', () => {
    expect(parseRedisUrl('rediss+cluster://me:secret@10.0.0.1,[fd00::1]:6380')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: '10.0.0.1', port: 6379 },
        { host: 'fd00::1', port: 6380 },
      ],
      tls: true,
      username: 'me',
      password: 'secret',
      db: 0,
    });
    expect(() => parseRedisUrl('redis+cluster://a/1')).toThrow('has only one');
    expect(() => parseRedisUrl('redis+cluster://a?db=1')).toThrow('?parameters');
  });

  test.each([
    ['redis://localhost', { host: 'localhost', port: 6379, tls: false, db: 0 }],
    ['redis://localhost/', { host: 'localhost', port: 6379, tls: false, db: 0 }],
    ['rediss://10.0.0.1:6380/2', { host: '10.0.0.1', port: 6380, tls: true, db: 2 }],
    ['redis://[::1]:7000', { host: '::1', port: 7000, tls: false, db: 0 }],
    ['redis://:pw@h', { host: 'h', port: 6379, tls: false, password: 'pw', db: 0 }],
    [
      'redis://me:p%40s%2Fs%3A@h/1',
      { host: 'h', port: 6379, tls: false, username: 'me', password: 'p@s/s:', db: 1 },
    ],
  ])('reads one server: %s', (url, place) => {
    expect(parseRedisUrl(url)).toEqual({ kind: 'server', ...place });
  });

  test.each([
    [
      'redis+sentinel://a,b:1,[::1]:2/mymaster',
      {
        sentinels: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 1 },
          { host: '::1', port: 2 },
        ],
        name: 'mymaster',
        tls: false,
        db: 0,
      },
    ],
    [
      'rediss+sentinel://me:pw@a:1/my.master_2/3?sentinelUsername=s&sentinelPassword=t%26',
      {
        sentinels: [{ host: 'a', port: 1 }],
        name: 'my.master_2',
        tls: true,
        username: 'me',
        password: 'pw',
        sentinelUsername: 's',
        sentinelPassword: 't&',
        db: 3,
      },
    ],
  ])('reads a group with Sentinels: %s', (url, place) => {
    expect(parseRedisUrl(url)).toEqual({ kind: 'sentinel', ...place });
  });

  test.each([
    ['http://h', /begin with redis:/],
    ['', /begin with redis:/],
    ['redis://', /host/],
    ['redis://:pw@', /host/],
    ['redis://me@h', /user:password/],
    ['redis://me:p%w@h', /%25/],
    ['redis://me:p/w@h', /%2F/],
    ['redis://me:p#w@h', /%23/],
    ['redis://h:0', /port/],
    ['redis://h:65536', /port/],
    ['redis://h:', /port/],
    ['redis://::1', /host/],
    ['redis://h/x', /database/],
    ['redis://h/-1', /database/],
    ['redis://h/1/2', /database/],
    ['redis://h?db=1', /parameters/],
    ['redis://h#x', /"#"/],
    ['redis://a,b', /redis\+sentinel/],
    ['redis+sentinel://a:1', /master/],
    ['redis+sentinel://a:1/', /master/],
    ['redis+sentinel://a:1/my master', /master/],
    ['redis+sentinel://a:1,/m', /host/],
    ['redis+sentinel://a:x/m', /port/],
    ['redis+sentinel://a:1/m/x', /database/],
    ['redis+sentinel://a:1/m/1/2', /database/],
    ['redis+sentinel://a:1/m?role=slave', /sentinelPassword/],
  ])('says what is wrong with %j', (url, why) => {
    expect(() => parseRedisUrl(url)).toThrow(RedisUrlError);
    expect(() => parseRedisUrl(url)).toThrow(why);
  });

  const scheme = fc.constantFrom(
    'redis://',
    'rediss://',
    'redis+sentinel://',
    'rediss+sentinel://',
  );

  test('throws nothing but its own sentence, whatever it is given', () => {
    const piece = fc.oneof(
      fc.constantFrom(':', '@', '/', '?', '#', ',', '%', '[', ']', '\n', 'a', '1', 'm'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    const text = fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.oneof(scheme, fc.constant('')), text, (begin, rest) => {
        try {
          expect(['server', 'sentinel']).toContain(parseRedisUrl(begin + rest).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(RedisUrlError);
        }
      }),
    );
  });

  test('shows no password, neither in what is wrong nor as a place', () => {
    const secret = 'hunter2-hunter2';
    const before = fc.constantFrom('', ':', 'me:', 'me:%', 'me:/', 'h:', 'a:1/', 'a,', '[', 'h?');
    const after = fc.constantFrom(
      '',
      '@h',
      '@h:1',
      '@h:x',
      '@a:1/m',
      '@a/m/x',
      '/m',
      '@',
      ':1',
      '#',
    );
    fc.assert(
      fc.property(scheme, before, after, (begin, left, right) => {
        let said = '';
        try {
          const place = parseRedisUrl(begin + left + secret + right);
          if (place.password === secret) said = describePlace(place);
        } catch (error) {
          said = String(error);
        }
        expect(said).not.toContain('hunter2');
      }),
    );
  });

  test('gives back any credentials that were put in with encodeURIComponent', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (username, password) => {
        const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
        const place = parseRedisUrl(`redis+sentinel://${login}@a/m`);
        expect([place.username ?? '', place.password]).toEqual([username, password]);
      }),
    );
  });
});

test('describePlace names hosts, ports and the master', () => {
  expect(describePlace(parseRedisUrl('redis://me:pw@[::1]:7000/1'))).toBe('[::1]:7000');
  expect(describePlace(parseRedisUrl('redis+sentinel://me:pw@a,b:1/m'))).toBe(
    'the master "m" of the Sentinels a:26379, b:1',
  );
});
