import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';

/** Where to connect to reach a host's port. */
export type Dial = (host: string, port: number) => { readonly host: string; readonly port: number };

const mapFile = z.record(z.string(), z.string().regex(/^.+:\d{1,5}$/, 'must be "host:port"'));

/**
 * For machines on which a simulated droplet cannot have an address of its own: a JSON file like
 * `{"198.18.0.5:22": "127.0.0.1:41022"}`, read again whenever it has changed. What it does not name is dialled as it is,
 * everything when there is no file. A file caught half-written counts as not yet changed.
 */
export function portMap(file: string | undefined): Dial {
  if (file === undefined) return (host, port) => ({ host, port });
  let version: string | undefined;
  let map: Readonly<Record<string, string>> = {};
  const refresh = () => {
    try {
      const { mtimeMs, size, ino } = statSync(file);
      const seen = `${mtimeMs} ${size} ${ino}`;
      if (seen === version) return;
      map = mapFile.parse(JSON.parse(readFileSync(file, 'utf8')));
      version = seen;
    } catch {
      // Absent or half-written: the simulator that writes it is about to.
    }
  };
  return (host, port) => {
    refresh();
    const mapped = map[`${host}:${port}`];
    if (mapped === undefined) return { host, port };
    const colon = mapped.lastIndexOf(':');
    return { host: mapped.slice(0, colon), port: Number(mapped.slice(colon + 1)) };
  };
}
