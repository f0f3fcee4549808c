import { connect } from 'node:net';
import type { Chance } from './chance.ts';
import type { FuzzRequest } from './requests.ts';

const SILENCE_MS = 400;

/** What a socket hears to these bytes until it is closed from the other side, or has been silent for a while after it was told anything. */
export function overTheWire(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    const end = (): void => {
      socket.destroy();
      resolve(heard);
    };
    // One that is silent waits for the rest of what was announced: that the server goes on is seen by the next one.
    socket.setTimeout(SILENCE_MS, end);
    socket.on('data', (data) => {
      heard += data.toString('latin1');
    });
    socket.on('close', () => resolve(heard));
    socket.on('error', () => resolve(heard));
    socket.end(bytes);
  });
}

/** Requests byte by byte: with lengths that are false, chunks that are none, headers said twice, in pieces that never come. Reads only, or writes that are never whole. */
export function rawRequests(next: () => FuzzRequest, chance: Chance): () => Buffer {
  const framings: readonly ((body: Buffer) => {
    readonly head: readonly string[];
    readonly body: Buffer;
  })[] = [
    (body) => ({ head: [`content-length: ${body.length + 10}`], body }),
    (body) => ({ head: [`content-length: ${body.length}`, 'content-length: 0'], body }),
    (body) => ({ head: [`content-length: ${body.length}`, 'transfer-encoding: chunked'], body }),
    (body) => ({ head: ['content-length: -1'], body }),
    (body) => ({ head: ['content-length: 0x10'], body }),
    (body) => ({ head: ['content-length: 99999999999999999999'], body }),
    (body) => ({ head: ['transfer-encoding: chunked'], body: chunk(body, 'zz') }),
    (body) => ({ head: ['transfer-encoding: chunked'], body: chunk(body, 'ffffffffff') }),
    (body) => ({ head: ['transfer-encoding: chunked, identity'], body: chunk(body, '1') }),
    (body) => ({ head: ['transfer-encoding:\tchunked', 'transfer-encoding: x'], body }),
    (body) => ({ head: ['transfer-encoding: chunked'], body: body.subarray(0, 3) }),
  ];
  const odd = (): readonly string[] =>
    chance.one([
      [],
      [],
      ['x-api-key: other'],
      ['host: b'],
      ['x-a: \0'],
      ['x-a\0: 1'],
      [' folded: 1'],
      ['x a: 1'],
      [': 1'],
      ['upgrade: websocket', 'connection: upgrade'],
      ['connection: close, x-api-key'],
      [`x-long: ${'a'.repeat(20_000)}`],
      Array.from({ length: 200 }, (_, index) => `x-${index}: 1`),
    ]);
  return () => {
    const { method, path, headers, body } = takesBody(next);
    // Over a socket a whole write could be a sound one.
    const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(method);
    const framed = isRead
      ? { head: [], body: Buffer.alloc(0) }
      : chance.one(framings)(Buffer.from(body ?? '{"a":1}'));
    const version = chance.one(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', '']);
    const target = chance.one([path, path, path, `http://a${path}`, `*${path}`, `${path} x`, '*']);
    const skipped = ['content-length', 'expect'];
    const lines = [
      `${chance.is(0.95) ? method : method.toLowerCase()} ${target} ${version}`,
      ...(chance.is(0.95) ? ['host: a'] : []),
      ...Object.entries(headers)
        .filter(([name]) => !skipped.includes(name))
        .map(([name, value]) => `${name}: ${value}`),
      ...framed.head,
      ...odd(),
    ];
    const head = Buffer.from(`${lines.join(chance.is(0.95) ? '\r\n' : '\n')}\r\n\r\n`);
    const whole = Buffer.concat([head, framed.body]);
    return isRead && chance.is(0.9) ? whole : whole.subarray(0, Math.max(whole.length - 1, 1));
  };
}

/** Those that are carried out before anybody asks for a body are left out: of them nothing can be false. */
function takesBody(next: () => FuzzRequest): FuzzRequest {
  while (true) {
    const request = next();
    if (request.method !== 'DELETE' && !/restart|replace|session/i.test(decoded(request.path))) {
      return request;
    }
  }
}

const decoded = (path: string): string =>
  path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );

const chunk = (body: Buffer, size: string): Buffer =>
  Buffer.concat([Buffer.from(`${size}\r\n`), body, Buffer.from('\r\n0\r\n')]);
