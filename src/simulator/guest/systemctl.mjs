// What `systemctl` answers in a simulated droplet.

const SSH_UNITS = new Set(['ssh.service', 'sshd.service', 'ssh.socket']);

/**
 * @param {string[]} args
 * @param {import('./services.mjs').Services} services
 * @param {(event: object) => void} tellHost
 * @returns {Promise<{ code: number, out?: string, err?: string }>}
 */
export async function systemctl(args, services, tellHost) {
  const { options, words } = readArguments(args);
  const [verb = 'list-units', ...given] = words;
  const names = given.map((name) => services.fullName(name));

  if (verb === 'reboot' || verb === 'poweroff' || verb === 'halt') {
    tellHost({ event: verb === 'reboot' ? 'reboot' : 'poweroff' });
    return { code: 0 };
  }
  if (verb === 'daemon-reload' || verb === 'daemon-reexec' || verb === 'reset-failed')
    return { code: 0 };
  if (verb === 'is-system-running') return { code: 0, out: 'running\n' };
  if (names.length === 0) return { code: 1, err: `Too few arguments to ${verb}.\n` };

  const unknown = names.find((name) => !SSH_UNITS.has(name) && !services.exists(name));
  const asks = verb.startsWith('is-') || verb === 'show';
  if (unknown !== undefined && !asks) {
    return { code: 5, err: `Failed to ${verb} ${unknown}: Unit ${unknown} not found.\n` };
  }

  const quiet = options.has('quiet');
  switch (verb) {
    case 'is-active': {
      const states = names.map((name) => stateOf(name, services));
      return {
        code: states.includes('active') ? 0 : 3,
        out: quiet ? '' : `${states.join('\n')}\n`,
      };
    }
    case 'is-failed': {
      const states = names.map((name) => stateOf(name, services));
      return {
        code: states.includes('failed') ? 0 : 1,
        out: quiet ? '' : `${states.join('\n')}\n`,
      };
    }
    case 'is-enabled': {
      const states = names.map((name) => enabledState(name, services));
      return {
        code: states.includes('enabled') ? 0 : 1,
        out: quiet ? '' : `${states.join('\n')}\n`,
      };
    }
    case 'show':
      return { code: 0, out: names.map((name) => show(name, services, options)).join('\n') };
    case 'status': {
      const active = names.map((name) => stateOf(name, services));
      const out = names.map((name) => status(name, services)).join('\n');
      return { code: active.includes('active') ? 0 : 3, out };
    }
    case 'cat':
      return { code: 0, out: names.map((name) => services.read(name)).join('\n') };
    case 'enable':
    case 'disable':
      for (const name of names) {
        if (SSH_UNITS.has(name)) continue;
        services[verb](name);
        if (options.has('now'))
          await (verb === 'enable' ? services.start(name) : services.stop(name));
      }
      return verdict(verb, verb === 'enable' && options.has('now') ? names : [], services);
    case 'start':
    case 'stop':
    case 'restart':
    case 'try-restart':
    case 'reload':
    case 'reload-or-restart':
      for (const name of names) {
        if (SSH_UNITS.has(name)) tellHost({ event: 'ssh', verb });
        else if (verb === 'start' || verb === 'stop') await services[verb](name);
        else if (verb !== 'try-restart' || services.unit(name).child) await services.restart(name);
      }
      return verdict(verb, verb === 'stop' ? [] : names, services);
    case 'kill': {
      const wanted = options.get('signal') ?? 'SIGTERM';
      const signal = /^SIG/.test(wanted) ? wanted : `SIG${wanted}`;
      for (const name of names) services.kill(signal, name);
      return { code: 0 };
    }
    default:
      return { code: 1, err: `Unknown command verb ${verb}.\n` };
  }
}

const VALUED = {
  '-p': 'property',
  '--property': 'property',
  '-s': 'signal',
  '--signal': 'signal',
  '-n': 'lines',
  '--lines': 'lines',
  '-o': 'output',
  '--kill-whom': 'whom',
};

function readArguments(args) {
  const options = new Map();
  const words = [];
  for (let at = 0; at < args.length; at += 1) {
    const [flag, inline] = args[at].split(/=(.*)/s);
    const key = VALUED[flag];
    if (key !== undefined) {
      if (inline === undefined) at += 1;
      const value = inline ?? args[at] ?? '';
      options.set(key, options.has(key) ? `${options.get(key)},${value}` : value);
    } else if (flag === '-q') options.set('quiet', '');
    else if (flag.startsWith('-')) options.set(flag.replace(/^-+/, ''), inline ?? '');
    else words.push(args[at]);
  }
  return { options, words };
}

function stateOf(name, services) {
  return SSH_UNITS.has(name) ? 'active' : services.unit(name).state;
}

function enabledState(name, services) {
  if (SSH_UNITS.has(name)) return 'enabled';
  if (!services.exists(name)) return 'not-found';
  return services.isEnabled(name) ? 'enabled' : 'disabled';
}

function verdict(verb, names, services) {
  const failed = names.find((name) => stateOf(name, services) === 'failed');
  if (failed === undefined) return { code: 0 };
  const err = `Job for ${failed} failed on ${verb}. See "journalctl -u ${failed}".\n`;
  return { code: 1, err };
}

function show(name, services, options) {
  const unit = services.unit(name);
  const isSsh = SSH_UNITS.has(name);
  const properties = {
    Id: name,
    LoadState: isSsh || services.exists(name) ? 'loaded' : 'not-found',
    ActiveState: isSsh ? 'active' : unit.state,
    SubState: isSsh ? 'running' : unit.sub,
    UnitFileState: isSsh || services.exists(name) ? enabledState(name, services) : '',
    Result: unit.result,
    MainPID: unit.mainPid,
    ExecMainStatus: unit.exitStatus,
    NRestarts: unit.restarts,
    ActiveEnterTimestamp: unit.since ? new Date(unit.since).toUTCString() : '',
    ActiveEnterTimestampMonotonic: unit.since ? Math.round((unit.since - bootedAt) * 1000) : 0,
  };
  const wanted = options.get('property')?.split(',') ?? Object.keys(properties);
  const lines = wanted
    .filter((key) => key in properties)
    .map((key) => (options.has('value') ? properties[key] : `${key}=${properties[key]}`));
  return `${lines.join('\n')}\n`;
}

const bootedAt = Date.now();

function status(name, services) {
  const unit = services.unit(name);
  const pid = unit.mainPid === 0 ? '' : `   Main PID: ${unit.mainPid}\n`;
  return `* ${name}\n     Loaded: loaded (${enabledState(name, services)})\n     Active: ${stateOf(name, services)} (${unit.sub})\n${pid}`;
}
