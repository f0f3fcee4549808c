import { existsSync, rmSync } from 'node:fs';
import ssh2 from 'ssh2';
import { startSshHost } from './twins/ssh-host.ts';
import { Connection } from '../src/ssh/connection.ts';
import { systemClock } from '../src/clock.ts';
const spin = (ms: number) => { const t = Date.now(); while (Date.now() - t < ms); };
for (let i = 0; i < 300; i++) {
  const host = await startSshHost({ password: 'x' });
  const log: string[] = [];
  const client = new ssh2.Client();
  await new Promise<void>((r) => { client.on('ready', r); client.connect({ host: '127.0.0.1', port: host.port, username: 'root', password: 'x', debug: (m) => log.push(m) }); });
  client.on('error', (e) => log.push('ERROR ' + e)); client.on('end', () => log.push('END')); client.on('close', () => log.push('CLOSE'));
  const c = new Connection({ client, clock: systemClock, hostKey: '', where: 'w', idleMs: 60000, onEnd: () => {} });
  const [one, other] = [c.session(), c.session()];
  const f = `/tmp/dbg-${process.pid}-${i}`;
  const sig = new AbortController().signal;
  const slow = one.exec(`touch ${f}; sleep 60`, { signal: sig }).catch((e) => e);
  while (!existsSync(f)) await new Promise((r) => setTimeout(r, i % 3));
  one.close(); await slow;
  const start = log.length;
  const p = other.exec('echo on', { signal: sig }).catch((e) => e);
  if (i % 2) { await new Promise((r) => setTimeout(r, 1)); spin(30); }
  const r = await p;
  if (!(r as any).stdout) { console.log(i, String(r), JSON.stringify(r), log.slice(start - 12).join('\n')); rmSync(f); await c.close(); await host.close(); break; }
  rmSync(f); await c.close(); await host.close();
}
