import type { Bot } from '../../src/bot/bot.ts';
import type { Clock } from '../../src/clock.ts';
import type { Cloud } from '../../src/cloud/cloud.ts';
import type { WorkQueue } from '../../src/queue/queue.ts';
import type { Session, Shell } from '../../src/ssh/shell.ts';
import type { CloudView } from '../../src/store/cloud-view.ts';
import type { Journal } from '../../src/store/journal.ts';
import type { Change, Store } from '../../src/store/store.ts';

type PortName = 'store' | 'journal' | 'view' | 'cloud' | 'shell' | 'bot' | 'queue';

/** One use of a port by one process. */
export interface Effect {
  readonly process: string;
  readonly port: PortName;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Whether it leaves something behind, only looks, or only says where to look. */
export function natureOf({ port, method }: Effect): 'write' | 'read' | 'trigger' {
  if (port === 'queue') return 'trigger';
  return WRITES.has(`${port}.${method}`) ? 'write' : 'read';
}

const WRITES: ReadonlySet<string> = new Set([
  'store.create',
  'store.update',
  'store.updateStatus',
  'store.delete',
  'journal.event',
  'journal.note',
  'journal.appendLog',
  'view.record',
  'view.forget',
  'view.setAccess',
  'view.setFull',
  'view.setSuspects',
  'view.setPrices',
  'view.clusterId',
  'cloud.createDroplet',
  'cloud.createDroplets',
  'cloud.deleteDroplet',
  'cloud.rename',
  'cloud.act',
  'shell.exec',
]);

/** For traces: the effect in some words. */
export function describeEffect({ process, port, method, args }: Effect): string {
  const words = args.flatMap((arg) => {
    if (typeof arg === 'string') return [arg.split('\n')[0]?.slice(0, 60)];
    if (typeof arg === 'number') return [String(arg)];
    if (typeof arg !== 'object' || arg === null) return [];
    const { name, host, metadata, status } = arg as Record<string, unknown> & {
      metadata?: { name?: string; resourceVersion?: string };
      status?: { phase?: string; message?: string };
    };
    const told = metadata
      ? `${metadata.name}@${metadata.resourceVersion} ${status?.phase ?? ''}: ${status?.message ?? ''}`
      : (name ?? host);
    return told === undefined ? [] : [String(told)];
  });
  return `${process} ${port}.${method} ${words.join(' ')}`;
}

/** What stands between a process and the world. */
export interface Gate {
  /** Lets one use of a port happen, or not; never resolves for a dead process. */
  pass<T>(
    port: PortName,
    method: string,
    args: readonly unknown[],
    run: () => Promise<T>,
  ): Promise<T>;
  /** Resolves while the process runs; never for a dead one. */
  alive(): Promise<void>;
  /** Aborts when the process dies. */
  readonly death: AbortSignal;
  /** How far the process's clock is ahead, in ms. */
  readonly skewMs: number;
}

export interface Ports {
  readonly store: Store;
  readonly journal: Journal;
  readonly cloudView: CloudView;
  readonly cloud: Cloud;
  readonly shell: Shell;
  readonly bot: Bot;
  readonly queue: WorkQueue;
  readonly clock: Clock;
}

/** The ports of a process, with the gate before each use. */
export function gated(ports: Ports, gate: Gate): Ports {
  return {
    store: gatedStore(ports.store, gate),
    journal: every(ports.journal, 'journal', gate),
    cloudView: every(ports.cloudView, 'view', gate),
    cloud: every(ports.cloud, 'cloud', gate),
    shell: gatedShell(ports.shell, gate),
    bot: every(ports.bot, 'bot', gate),
    queue: gatedQueue(ports.queue, gate),
    clock: gatedClock(ports.clock, gate),
  };
}

type AsyncMethod = (...args: unknown[]) => Promise<unknown>;

/** All methods of a port whose methods all answer promises. */
function every<T extends object>(port: T, name: PortName, gate: Gate): T {
  return new Proxy(port, {
    get(target, property) {
      const method = Reflect.get(target, property) as AsyncMethod;
      return (...args: unknown[]) =>
        gate.pass(name, String(property), args, () => method.apply(target, args));
    },
  });
}

function gatedStore(store: Store, gate: Gate): Store {
  const watch = (resourceVersion: string, signal: AbortSignal): AsyncIterable<Change> =>
    followed(store.watch(resourceVersion, AbortSignal.any([signal, gate.death])), gate);
  const others = every(store, 'store', gate);
  return new Proxy(store, {
    get: (_, property) => (property === 'watch' ? watch : Reflect.get(others, property)),
  });
}

function gatedShell(shell: Shell, gate: Gate): Shell {
  return {
    knock: (...args) => gate.pass('shell', 'knock', args, () => shell.knock(...args)),
    open: async (...args) =>
      gatedSession(await gate.pass('shell', 'open', args, () => shell.open(...args)), gate),
    close: () => shell.close(),
  };
}

function gatedSession(session: Session, gate: Gate): Session {
  return {
    hostKey: session.hostKey,
    exec: (...args) => gate.pass('shell', 'exec', args, () => session.exec(...args)),
    stream: (command, signal) => streamed(session, command, signal, gate),
    files: (work, options) =>
      gate.pass('shell', 'files', [], () =>
        session.files((files) => work(every(files, 'shell', gate)), options),
      ),
    close: () => session.close(),
  };
}

async function* streamed(
  session: Session,
  command: string,
  signal: AbortSignal,
  gate: Gate,
): AsyncGenerator<string> {
  const both = AbortSignal.any([signal, gate.death]);
  yield* followed(
    await gate.pass('shell', 'stream', [command], async () => session.stream(command, both)),
    gate,
  );
}

async function* followed<T>(pieces: AsyncIterable<T>, gate: Gate): AsyncGenerator<T> {
  for await (const piece of pieces) {
    await gate.alive();
    yield piece;
  }
  await gate.alive();
}

function gatedQueue(queue: WorkQueue, gate: Gate): WorkQueue {
  return {
    trigger: (key) => gate.pass('queue', 'trigger', [key], () => queue.trigger(key)),
    start: (reconcile, resync) => queue.start(reconcile, resync),
    close: (graceMs) => queue.close(graceMs),
  };
}

const gatedClock = (clock: Clock, gate: Gate): Clock => ({
  now: () => clock.now() + gate.skewMs,
  sleep: async (ms, signal) => {
    await clock.sleep(ms, signal);
    await gate.alive();
  },
});
