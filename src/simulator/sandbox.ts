import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GUEST_PROGRAMS } from './guest-programs.ts';

/** Nobody: what commands run as when there is no bubblewrap and the simulator runs as root. */
const NOBODY = 65_534;
/** Where the tools of the simulator are inside a sandbox. */
const IMAGE = '/simulator';
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The droplet's own folders; each is one of the same name in the droplet's folder on the host. */
const OWN_FOLDERS = [
  'etc',
  'root',
  'var',
  'opt',
  'tmp',
  'home',
  'run',
  'srv',
  'usr/local',
] as const;
/** uid 0 without any capability may still write these. */
const GUARDED_PROC = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'mtrr', 'timer_list', 'scsi'];

export interface Sandbox {
  readonly kind: 'bubblewrap' | 'plain';
  /** Makes the droplet's folders; in a folder that has them, only /run and /tmp anew. */
  prepare(folder: string): void;
  /** Gives what was put into the folder since then to the droplet's own user. */
  handOver(folder: string): void;
  /** Starts the agent in the droplet's folder. Killing it, or the end of this program, ends all that runs in there. */
  start(machine: {
    readonly folder: string;
    readonly name: string;
    readonly env: Readonly<Record<string, string>>;
  }): ChildProcess;
}

/**
 * The way to run a droplet's commands on this machine: in bubblewrap where it works, else as plain processes that
 * see the host's files (as nobody when we are root). `image` is a folder for the tools that all droplets share.
 */
export function findSandbox(image: string, wanted?: 'bubblewrap' | 'plain' | undefined): Sandbox {
  const works = wanted !== 'plain' && bubblewrapWorks();
  if (wanted === 'bubblewrap' && !works) {
    throw new Error(
      'bubblewrap (bwrap) is missing or may not be used on this machine; install it, or leave the choice to the simulator.',
    );
  }
  return works ? bubblewrap(image) : plain(image);
}

/** It may be there and yet be forbidden, in a container or by the system's policy: so it is tried. */
export function bubblewrapWorks(): boolean {
  const args = ['--ro-bind', '/', '/', '--unshare-pid', '--proc', '/proc', '--dev', '/dev', 'true'];
  return process.platform === 'linux' && spawnSync('bwrap', args, { stdio: 'ignore' }).status === 0;
}

function bubblewrap(image: string): Sandbox {
  makeImage(image);
  writeFileSync(join(image, 'bin/node'), '');
  for (const name of ['alternatives', 'ssl', 'ca-certificates']) {
    mkdirSync(join(image, 'etc', name), { recursive: true });
  }
  const shared = [
    ...['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib32', 'lib64', 'nix'].flatMap(likeOnHost),
    ...['--proc', '/proc'],
    ...GUARDED_PROC.map((name) => `/proc/${name}`)
      .filter((path) => existsSync(path))
      .flatMap((path) => ['--ro-bind', path, path]),
    ...[
      '--dev',
      '/dev',
      '--ro-bind',
      image,
      IMAGE,
      '--ro-bind',
      process.execPath,
      `${IMAGE}/bin/node`,
    ],
    ...['alternatives', 'ssl', 'ca-certificates'].flatMap((name) => [
      ...['--ro-bind-try', `/etc/${name}`, `${IMAGE}/etc/${name}`],
    ]),
  ];
  const isRoot = process.getuid?.() === 0;
  return {
    kind: 'bubblewrap',
    prepare: (folder) => makeFolders(folder, IMAGE),
    handOver: () => {},
    start: ({ folder, name, env }) =>
      spawn(
        'bwrap',
        [
          ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', name],
          ...(isRoot ? [] : ['--unshare-user', '--uid', '0', '--gid', '0']),
          ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
          ...shared,
          ...OWN_FOLDERS.flatMap((own) => ['--bind', join(folder, own), `/${own}`]),
          // Otherwise root of the sandbox could put links where the next boot looks for folders.
          ...['--remount-ro', '/', '--chdir', '/root'],
          ...Object.entries({ PATH: `${IMAGE}/bin:${SYSTEM_PATH}`, ...baseEnv, ...env }).flatMap(
            ([key, value]) => ['--setenv', key, value],
          ),
          ...[`${IMAGE}/bin/node`, ...NODE_FLAGS, `${IMAGE}/lib/agent.mjs`],
        ],
        { stdio: ['pipe', 'pipe', 'pipe'] },
      ),
  };
}

function plain(image: string): Sandbox {
  makeImage(image);
  // The host's own systemd must not be met: scripts look for it to run something detached.
  writeFileSync(join(image, 'bin/systemd-run'), DETACH, { mode: 0o755 });
  if (!existsSync(join(image, 'bin/node'))) symlinkSync(process.execPath, join(image, 'bin/node'));
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const tried = spawnSync(join(image, 'bin/node'), ['-e', '0'], { cwd: '/', ...identity });
  if (tried.status !== 0) {
    throw new Error(
      `Without bubblewrap the simulator runs the droplets' commands as an unprivileged user, who cannot reach ${process.execPath} or ${image}; install bubblewrap (bwrap), or start the simulator as another user than root.`,
    );
  }
  return {
    kind: 'plain',
    prepare: (folder) => makeFolders(folder, image),
    handOver(folder) {
      if (identity.uid === undefined) return;
      const { status } = spawnSync('chown', ['-Rh', `${NOBODY}:${NOBODY}`, folder]);
      if (status !== 0) throw new Error(`Could not give ${folder} to the user of the droplets.`);
    },
    start: ({ folder, env }) =>
      spawn(join(image, 'bin/node'), [...NODE_FLAGS, join(image, 'lib/agent.mjs')], {
        cwd: join(folder, 'root'),
        env: {
          PATH: `${image}/bin:${process.env['PATH'] ?? ''}:${SYSTEM_PATH}`,
          ...baseEnv,
          ...env,
          HOME: join(folder, 'root'),
          TMPDIR: join(folder, 'tmp'),
          ORQUESTA_ROOT: folder,
        },
        stdio: ['pipe', 'pipe', 'pipe'],
        ...identity,
      }),
  };
}

const baseEnv = { HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/sh', LANG: 'C.UTF-8' };
const DETACH = `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --unit|--property|-p) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
  esac
done
setsid "$@" </dev/null >/dev/null 2>&1 &
`;
/** A hundred agents have to fit into a laptop. */
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1', '--v8-pool-size=0'];

/** The tools that all droplets share: the agent, the stand-ins of systemctl and the like, and the example bot. */
function makeImage(image: string): void {
  const here = dirname(fileURLToPath(import.meta.url));
  mkdirSync(join(image, 'bin'), { recursive: true });
  cpSync(join(here, 'guest'), join(image, 'lib'), { recursive: true });
  for (const [name, script] of Object.entries(GUEST_PROGRAMS)) {
    writeFileSync(join(image, 'bin', name), script, { mode: 0o755 });
  }
  const bot = join(image, 'clientfy-bot');
  cpSync(join(here, '../../examples/bot'), bot, { recursive: true });
  const uqr = dirname(dirname(createRequire(import.meta.url).resolve('uqr')));
  cpSync(uqr, join(bot, 'node_modules/uqr'), { recursive: true });
}

function makeFolders(folder: string, image: string): void {
  const isNew = !existsSync(join(folder, 'etc'));
  for (const own of ['run', 'tmp']) rmSync(join(folder, own), { recursive: true, force: true });
  for (const own of OWN_FOLDERS) mkdirSync(join(folder, own), { recursive: true, mode: 0o755 });
  if (!isNew) return;
  const etc = (name: string, content: string) => writeFileSync(join(folder, 'etc', name), content);
  etc(
    'passwd',
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
  );
  etc('group', 'root:x:0:\nnogroup:x:65534:\n');
  etc('hosts', '127.0.0.1 localhost\n');
  etc(
    'os-release',
    'NAME="Droplet of the Orquesta simulator"\nID=simulator\nID_LIKE="ubuntu debian"\n',
  );
  for (const name of ['alternatives', 'ssl', 'ca-certificates']) {
    symlinkSync(`${image}/etc/${name}`, join(folder, 'etc', name));
  }
  mkdirSync(join(folder, 'etc/ssh'));
  mkdirSync(join(folder, 'usr/local/lib'));
  symlinkSync(`${image}/clientfy-bot`, join(folder, 'usr/local/lib/clientfy-bot'));
}

/** A link where the host has a link (/bin to usr/bin), else its folder to read. */
function likeOnHost(name: string): string[] {
  const path = `/${name}`;
  if (!existsSync(path)) return [];
  const isLink = lstatSync(path).isSymbolicLink();
  return isLink ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}
