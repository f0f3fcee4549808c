import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { portMap } from './dial.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'orquesta-dial-'));
  file = join(dir, 'ports.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

let writes = 0;
function write(text: string) {
  writeFileSync(file, text);
  // A time of its own for each write, however coarse the file system's clock.
  utimesSync(file, 1_700_000_000 + writes, 1_700_000_000 + writes++);
}

describe('portMap', () => {
  it('dials as told when there is no map', () => {
    expect(portMap(undefined)('198.18.0.5', 22)).toEqual({ host: '198.18.0.5', port: 22 });
  });

  it('maps what the file names and nothing else', () => {
    write('{"198.18.0.5:22": "127.0.0.1:41022"}');
    const dial = portMap(file);
    expect(dial('198.18.0.5', 22)).toEqual({ host: '127.0.0.1', port: 41022 });
    expect(dial('198.18.0.5', 80)).toEqual({ host: '198.18.0.5', port: 80 });
  });

  it('sees a file that comes later, and each change of it', () => {
    const dial = portMap(file);
    expect(dial('h', 1).port).toBe(1);
    write('{"h:1": "127.0.0.1:2"}');
    expect(dial('h', 1).port).toBe(2);
    write('{"h:1": "127.0.0.1:3"}');
    expect(dial('h', 1).port).toBe(3);
  });

  it.each(['{"h:1": "127.0', '[1]', '{"h:1": 5}', '{"h:1": "nowhere"}'])(
    'keeps the last good map while the file holds %j',
    (text) => {
      write('{"h:1": "127.0.0.1:2"}');
      const dial = portMap(file);
      dial('h', 1);
      write(text);
      expect(dial('h', 1).port).toBe(2);
    },
  );
});
