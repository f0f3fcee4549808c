// The service manager of a simulated droplet: what systemctl asks for, on unit files in /etc/systemd/system.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import {
  commandWords,
  parseEnvironmentFile,
  parseSeconds,
  parseUnit,
  splitWords,
  valuesOf,
} from './unit-file.mjs';

/** systemd waits 90 s before it kills; a demonstration has not that much time. */
const STOP_TIMEOUT_MS = 5_000;
const LOG_BYTES = 1_048_576;

class Service {
  state = 'inactive';
  sub = 'dead';
  result = 'success';
  child;
  mainPid = 0;
  restarts = 0;
  exitStatus = 0;
  since = 0;
  starts = [];
  wanted = false;
  timer;

  constructor(name, manager) {
    this.name = name;
    this.manager = manager;
  }
}

export class Services {
  #root;
  #env;
  #units = new Map();
  /** 'restart', 'reboot' or 'forever': services die as they start, until then. */
  broken;

  constructor({ root, env }) {
    this.#root = root;
    this.#env = env;
    fs.mkdirSync(`${root}/etc/systemd/system`, { recursive: true });
    fs.mkdirSync(`${root}/var/log/units`, { recursive: true });
  }

  /** Starts what is enabled, as at boot. */
  boot() {
    for (const name of fs.readdirSync(this.#wantsFolder())) this.start(name);
  }

  /** 'name' may lack its ".service". */
  fullName(name) {
    return /\.[a-z]+$/.test(name) ? name : `${name}.service`;
  }

  exists(name) {
    return fs.existsSync(this.#file(name));
  }

  read(name) {
    return fs.readFileSync(this.#file(name), 'utf8');
  }

  unit(name) {
    let unit = this.#units.get(name);
    if (!unit) {
      unit = new Service(name, this);
      this.#units.set(name, unit);
    }
    return unit;
  }

  isEnabled(name) {
    return fs.existsSync(`${this.#wantsFolder()}/${name}`);
  }

  enable(name) {
    fs.writeFileSync(`${this.#wantsFolder()}/${name}`, '');
  }

  disable(name) {
    fs.rmSync(`${this.#wantsFolder()}/${name}`, { force: true });
  }

  /** Starts it when it doesn't run. */
  start(name) {
    const unit = this.unit(name);
    if (unit.child) return;
    clearTimeout(unit.timer);
    unit.wanted = true;
    unit.starts = [];
    this.#spawn(unit);
  }

  /** Ends the service and all of its process group; resolves when its main process is gone. */
  async stop(name) {
    const unit = this.unit(name);
    unit.wanted = false;
    clearTimeout(unit.timer);
    const { child } = unit;
    if (child) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      this.#signal(child.pid, 'SIGTERM');
      const service = this.#section(name);
      const limit = parseSeconds(valuesOf(service, 'TimeoutStopSec').at(-1)) ?? STOP_TIMEOUT_MS;
      const kill = setTimeout(() => this.#signal(child.pid, 'SIGKILL'), limit);
      await ended;
      clearTimeout(kill);
      this.#signal(child.pid, 'SIGKILL');
    }
    unit.state = 'inactive';
    unit.sub = 'dead';
    unit.result = 'success';
  }

  async restart(name) {
    await this.stop(name);
    if (this.broken === 'restart') this.broken = undefined;
    this.start(name);
  }

  /** Sends a signal to the processes of one service, or of all that run. How many it were. */
  kill(signal, name) {
    let killed = 0;
    for (const unit of this.#units.values()) {
      if (!unit.child || (name !== undefined && unit.name !== name)) continue;
      this.#signal(unit.child.pid, signal);
      killed += 1;
    }
    return killed;
  }

  #spawn(unit) {
    const now = Date.now();
    const section = this.#section(unit.name);
    unit.starts = unit.starts.filter((time) => time > now - 10_000);
    if (unit.starts.length >= 5) {
      this.#log(unit, 0, 'Start request repeated too quickly.');
      Object.assign(unit, {
        state: 'failed',
        sub: 'failed',
        result: 'start-limit-hit',
        wanted: false,
      });
      return;
    }
    unit.starts.push(now);
    let child;
    try {
      this.#runWanted(unit.name);
      const env = this.#environment(section);
      const line = valuesOf(section, 'ExecStart').at(-1);
      if (line === undefined) throw new Error('the unit has no ExecStart');
      const [program, ...args] = commandWords(line, env);
      const folder = valuesOf(section, 'WorkingDirectory').at(-1)?.replace(/^-/, '');
      for (const before of valuesOf(section, 'ExecStartPre')) {
        const [first, ...rest] = commandWords(before, env);
        const { status } = spawnSync(first, rest, { cwd: this.#root || '/', env, stdio: 'ignore' });
        if (status !== 0 && !/^[@:+!]*-/.test(before)) throw new Error(`${before} failed`);
      }
      child = spawn(program, args, {
        cwd: folder ?? (this.#root || '/'),
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      this.#failed(unit, 'resources', error.message);
      return;
    }
    let didStart = true;
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      didStart = false;
      unit.child = undefined;
      unit.exitStatus = 203;
      this.#failed(unit, 'exit-code', error.message);
    });
    if (child.pid === undefined) return;
    unit.child = child;
    unit.mainPid = child.pid;
    Object.assign(unit, { state: 'active', sub: 'running', result: 'success', since: now });
    this.#log(unit, 1, `Started ${unit.name}.`);
    for (const stream of [child.stdout, child.stderr]) this.#capture(unit, child.pid, stream);
    if (this.broken !== undefined) this.#signal(child.pid, 'SIGKILL');
    child.once('exit', (code, signal) => {
      if (didStart) this.#exited(unit, section, code, signal);
    });
  }

  /** What it wants and starts after, of those that run to an end: each by its own environment. One that fails stops nobody. */
  #runWanted(name) {
    const { Unit } = this.#sections(name);
    const after = valuesOf(Unit, 'After').flatMap(splitWords);
    const wanted = valuesOf(Unit, 'Wants').flatMap(splitWords);
    for (const other of wanted.filter((one) => after.includes(one))) {
      const section = this.#section(other);
      if (valuesOf(section, 'Type').at(-1) !== 'oneshot') continue;
      const env = this.#environment(section);
      for (const line of valuesOf(section, 'ExecStart')) {
        const [program, ...args] = commandWords(line, env);
        spawnSync(program, args, { cwd: this.#root || '/', env, stdio: 'ignore' });
      }
    }
  }

  #exited(unit, section, code, signal) {
    this.#signal(unit.mainPid, 'SIGKILL');
    unit.child = undefined;
    unit.mainPid = 0;
    unit.exitStatus = code ?? 0;
    const clean = code === 0 || signal === 'SIGTERM';
    unit.result = clean ? 'success' : signal ? 'signal' : 'exit-code';
    this.#log(
      unit,
      1,
      `Main process exited, ${signal ? `killed by ${signal}` : `status ${code}`}.`,
    );
    const policy = valuesOf(section, 'Restart').at(-1) ?? 'no';
    const again = unit.wanted && (policy === 'always' || (policy === 'on-failure' && !clean));
    if (!again) {
      Object.assign(
        unit,
        clean ? { state: 'inactive', sub: 'dead' } : { state: 'failed', sub: 'failed' },
      );
      return;
    }
    Object.assign(unit, { state: 'activating', sub: 'auto-restart' });
    const delay = parseSeconds(valuesOf(section, 'RestartSec').at(-1)) ?? 100;
    unit.timer = setTimeout(() => {
      unit.restarts += 1;
      this.#spawn(unit);
    }, delay);
  }

  #failed(unit, result, why) {
    this.#log(unit, 1, `Failed to start: ${why}`);
    Object.assign(unit, { state: 'failed', sub: 'failed', result, wanted: false });
  }

  #environment(section) {
    const env = { ...this.#env };
    for (const line of valuesOf(section, 'Environment')) {
      for (const word of splitWords(line)) {
        const equals = word.indexOf('=');
        if (equals > 0) env[word.slice(0, equals)] = word.slice(equals + 1);
      }
    }
    for (const line of valuesOf(section, 'EnvironmentFile')) {
      const optional = line.startsWith('-');
      const path = optional ? line.slice(1) : line;
      try {
        Object.assign(env, parseEnvironmentFile(fs.readFileSync(path, 'utf8')));
      } catch (error) {
        if (!optional) throw new Error(`Failed to load environment file ${path}: ${error.code}`);
      }
    }
    // A real droplet's services bind to its own address or to all; here there is only its own.
    if (this.#env.HOST !== undefined) env.HOST = this.#env.HOST;
    return env;
  }

  #section(name) {
    return this.#sections(name).Service;
  }

  #sections(name) {
    if (!this.exists(name)) return {};
    const folder = `${this.#root}/etc/systemd/system/${name}.d`;
    const dropIns = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
    const texts = dropIns
      .filter((file) => file.endsWith('.conf'))
      .map((file) => fs.readFileSync(`${folder}/${file}`, 'utf8'));
    return parseUnit([this.read(name), ...texts].join('\n'));
  }

  #file(name) {
    const folders = ['etc/systemd/system', 'usr/local/lib/systemd/system'];
    const found = folders.find((folder) => fs.existsSync(`${this.#root}/${folder}/${name}`));
    return `${this.#root}/${found ?? folders[0]}/${name}`;
  }

  #wantsFolder() {
    const folder = `${this.#root}/etc/systemd/system/multi-user.target.wants`;
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }

  #signal(pid, signal) {
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #capture(unit, pid, stream) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop().slice(-8192);
      for (const line of lines) this.#log(unit, pid, line);
    });
    stream.on('end', () => {
      if (rest !== '') this.#log(unit, pid, rest);
    });
  }

  #log(unit, pid, line) {
    const file = `${this.#root}/var/log/units/${unit.name}.log`;
    const time = new Date().toISOString().slice(0, 19);
    const source = pid === 1 ? 'systemd[1]' : `${unit.name.replace(/\.service$/, '')}[${pid}]`;
    try {
      if ((fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES) {
        fs.renameSync(file, `${file}.1`);
      }
      fs.appendFileSync(file, `${time} ${source}: ${line}\n`);
    } catch {
      // A full or broken log must not stop the service.
    }
  }
}
