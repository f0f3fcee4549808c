import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** This side of the lab's network, as droplets see it. */
const ADDRESS = '10.199.0.1';

/** What a droplet fetches as it is prepared, from within the lab: Debian packages, Node.js, and the bot's source. */
export interface Mirror {
  /** For BOT_REPOSITORY. */
  readonly repository: string;
  /** What leads a droplet here instead of into the world, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths that were asked for, of packages and of Node.js. */
  readonly asked: readonly string[];
  /** Commits to the bot's repository. */
  commit(path: string, content: string): void;
  /** The newest commit. */
  head(): string;
  /** From now on the repository is not there. */
  hideRepository(): void;
  close(): Promise<void>;
}

export async function startMirror(): Promise<Mirror> {
  const dir = mkdtempSync(join(tmpdir(), 'orquesta-mirror-'));
  const asked: string[] = [];
  const packages = process.env['ORQUESTA_LAB_PACKAGES'] ?? '';
  packNode(join(dir, 'node'));
  makeCertificate(dir);
  const source = join(dir, 'source');
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', source, '-c', 'user.name=lab', '-c', 'user.email=lab@lab', ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    ).trim();
  makeSource(source);
  git('init', '--quiet', '--initial-branch=main');
  const commit = (what: string) => {
    git('add', '--all');
    git('commit', '--quiet', '--message', what);
  };
  commit('A bot');

  const plain = createServer(serveFolder(packages, asked));
  const tls = createTlsServer(
    { key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(join(dir, 'cert.pem')) },
    serveFolder(join(dir, 'node'), asked),
  );
  await listen(plain, 8080);
  await listen(tls, 443);
  const daemon = startGit(dir);
  const hidden = join(dir, 'hidden');
  return {
    repository: `git://${ADDRESS}/source`,
    asked,
    files: {
      '/etc/apt/sources.list.d/lab.list': `deb [trusted=yes] http://${ADDRESS}:8080/ ./\n`,
      '/etc/ssl/lab.pem': readFileSync(join(dir, 'cert.pem'), 'utf8'),
      '/root/.curlrc': `cacert = /etc/ssl/lab.pem\nresolve = nodejs.org:443:${ADDRESS}\n`,
    },
    commit(path, content) {
      writeFileSync(join(source, path), content);
      commit(path);
    },
    head: () => git('rev-parse', 'HEAD'),
    hideRepository: () => execFileSync('mv', [source, hidden]),
    async close() {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGKILL');
      await ended;
      for (const server of [plain, tls]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** This machine's own Node.js and npm, packed as nodejs.org packs them. */
function packNode(into: string): void {
  const version = process.version;
  const name = `node-${version}-linux-${process.arch}`;
  const root = join(into, 'root', name);
  const dist = join(into, 'dist', `latest-${version.split('.')[0]}.x`);
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'lib/node_modules'), { recursive: true });
  mkdirSync(dist, { recursive: true });
  cpSync(process.execPath, join(root, 'bin/node'));
  const npm = execFileSync('npm', ['root', '--global'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  cpSync(join(npm, 'npm'), join(root, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'bin/npm'));
  // What is in the real ones belongs to a user of the machine that made them.
  execFileSync('tar', [
    '--owner=1000',
    '--group=1000',
    '-C',
    join(into, 'root'),
    '-I',
    'xz -0 -T0',
    '-cf',
    join(dist, `${name}.tar.xz`),
    name,
  ]);
  rmSync(join(into, 'root'), { recursive: true });
  const sums = execFileSync('sha256sum', [`${name}.tar.xz`], { cwd: dist, encoding: 'utf8' });
  // As in the real file, this system's line is one among others.
  const others = `${'0'.repeat(64)}  node-${version}-headers.tar.xz\n${'1'.repeat(64)}  node-${version}-linux-${process.arch}.tar.gz\n`;
  writeFileSync(join(dist, 'SHASUMS256.txt'), others + sums);
}

function makeCertificate(dir: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', '/CN=nodejs.org', '-addext', 'subjectAltName=DNS:nodejs.org'],
      ...['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')],
    ],
    { stdio: 'pipe' },
  );
}

/** The example bot as a repository that npm can install and build. */
function makeSource(source: string): void {
  mkdirSync(join(source, 'vendor'), { recursive: true });
  cpSync('examples/bot', source, { recursive: true });
  cpSync('node_modules/uqr', join(source, 'vendor/uqr'), { recursive: true });
  // npm would look for what only its developers need, and there is no registry here.
  const uqr = join(source, 'vendor/uqr/package.json');
  const { name, version, type, exports } = JSON.parse(readFileSync(uqr, 'utf8'));
  writeFileSync(uqr, JSON.stringify({ name, version, type, exports }));
  const manifest = {
    name: 'bot',
    version: '1.0.0',
    private: true,
    scripts: { start: 'node bot.mjs', build: 'echo built >>builds' },
    dependencies: { uqr: 'file:vendor/uqr' },
  };
  writeFileSync(join(source, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(source, '.gitignore'), 'node_modules\nbuilds\n');
}

function serveFolder(folder: string, asked: string[]): RequestListener {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://mirror');
    asked.push(pathname);
    const file = join(folder, decodeURIComponent(pathname));
    if (existsSync(file)) response.writeHead(200).end(readFileSync(file));
    else response.writeHead(404).end(`There is no ${pathname}`);
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ADDRESS, resolve);
  });
}

function startGit(dir: string): ChildProcess {
  const flags = [`--base-path=${dir}`, `--listen=${ADDRESS}`, '--export-all', '--reuseaddr'];
  // Not by way of `git`, which would be another process to end.
  const programs = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
  return spawn(join(programs, 'git-daemon'), [...flags, dir], { stdio: 'ignore' });
}
