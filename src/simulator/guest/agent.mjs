// The first program inside a simulated droplet. It runs what the SSH server outside is asked to run, and
// manages services. It speaks with the simulator in lines of JSON over its own standard input and output;
// when that input ends, the simulator is gone and everything here ends.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { fileCalls } from './files.mjs';
import { Services } from './services.mjs';
import { systemctl } from './systemctl.mjs';

/** "" inside a sandbox with a root of its own; else the droplet's folder, which then stands before each path. */
const root = process.env.ORQUESTA_ROOT ?? '';
const env = { ...process.env };
const shell = fs.existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
const services = new Services({ root, env });
/** Calls of systemctl that are still to fail. */
let failures = 0;

const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

// --- commands ---

const running = new Map();

function exec({ exec: id, command, env: extra, home }) {
  const child = spawn(shell, command === undefined ? ['-l'] : ['-c', command], {
    cwd: root + home,
    env: { ...env, HOME: root + home, ...extra },
    detached: true,
    stdio: 'pipe',
  });
  running.set(id, child);
  child.stdin.on('error', () => {});
  for (const [key, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ]) {
    stream.on('error', () => {});
    stream.on('data', (data) => {
      // One slow reader must not fill the memory: stop reading until the pipe to the simulator is free.
      if (send({ [key]: id, data: data.toString('base64') })) return;
      stream.pause();
      process.stdout.once('drain', () => stream.resume());
    });
  }
  child.once('error', (error) => {
    send({ err: id, data: Buffer.from(`${error.message}\n`).toString('base64') });
    send({ exit: id, code: 127 });
    send({ close: id });
    running.delete(id);
  });
  child.once('exit', (code, signal) => send({ exit: id, code, signal }));
  child.once('close', () => {
    running.delete(id);
    send({ close: id });
  });
}

const files = fileCalls(root);

async function file({ file: id, call, args }) {
  try {
    send({ file: id, result: (await files[call](args)) ?? null });
  } catch (error) {
    send({ file: id, code: error.code ?? 'EIO' });
  }
}

const handlers = {
  exec,
  file,
  stdin: ({ stdin: id, data }) => running.get(id)?.stdin.write(Buffer.from(data, 'base64')),
  eof: ({ eof: id }) => running.get(id)?.stdin.end(),
  signal: ({ signal: id, name }) => {
    const child = running.get(id);
    if (child?.pid !== undefined) killGroup(child.pid, `SIG${name}`);
  },
  // The SSH channel is closed: as with sshd, the command lives on, but nobody hears it any more.
  hangup: ({ hangup: id }) => {
    const child = running.get(id);
    child?.stdin.destroy();
    child?.stdout.destroy();
    child?.stderr.destroy();
  },
  killServices: ({ killServices: signal }) => services.kill(signal),
  breakServices: ({ breakServices: until }) => {
    services.broken = until ?? undefined;
    if (until) services.kill('SIGKILL');
  },
  failSystemctl: ({ failSystemctl: times }) => {
    failures = times;
  },
};

function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

// --- systemctl, called through a named pipe: a script of sh starts in a tenth of the time of node ---

const calls = `${root}/run/agent/calls`;
fs.mkdirSync(`${root}/run/agent`, { recursive: true });
execFileSync('mkfifo', [calls]);

async function answer(pid) {
  const files = `${root}/run/agent/${pid}`;
  const [program, ...args] = fs.readFileSync(`${files}.args`, 'utf8').split('\0').slice(0, -1);
  let reply;
  if (failures > 0 && program === 'systemctl') {
    failures -= 1;
    reply = { code: 1, err: 'Failed to connect to bus: the simulator broke this call.\n' };
  } else if (program === 'systemctl') {
    reply = await systemctl(args, services, send);
  } else {
    send({ event: program === 'reboot' ? 'reboot' : 'poweroff' });
    reply = { code: 0 };
  }
  fs.writeFileSync(`${files}.out`, reply.out ?? '');
  fs.writeFileSync(`${files}.err`, reply.err ?? '');
  // The caller holds the pipe open; when it was killed meanwhile, opening fails and that is all.
  const pipe = fs.openSync(`${files}.reply`, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  fs.writeSync(pipe, `${reply.code}\n`);
  fs.closeSync(pipe);
}

eachLine(
  new net.Socket({
    fd: fs.openSync(calls, fs.constants.O_RDWR | fs.constants.O_NONBLOCK),
    readable: true,
    writable: false,
  }),
  (pid) => {
    answer(pid).catch(() => {});
  },
);

// --- life ---

eachLine(process.stdin, (line) => {
  const message = JSON.parse(line);
  for (const key of Object.keys(handlers)) if (key in message) return handlers[key](message);
});
process.stdin.on('end', leave);
process.on('SIGTERM', leave);

services.boot();
send({ event: 'ready' });

/** In a namespace of its own all other processes die with the first; else they are found by their environment. */
function leave() {
  if (root !== '') {
    services.kill('SIGKILL');
    for (const pid of processesOfRoot()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended, or is not ours.
      }
    }
  }
  process.exit(0);
}

function processesOfRoot() {
  if (!fs.existsSync('/proc/self/environ')) return [...running.values()].map(({ pid }) => -pid);
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const values = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return values.includes(`ORQUESTA_ROOT=${root}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function eachLine(stream, use) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line !== '') use(line);
  });
}
