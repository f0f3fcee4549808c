import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { CloudConfig } from './cloud-config.ts';
import { generateHostKey } from './host-key.ts';

const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key';

/** The files of one droplet as seen from outside: what cloud-init writes at its first boot, and what its sshd reads. */
export class DropletFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** As cloud-init does before sshd starts. `publicKeys`: of the account, given to root. */
  firstBoot(name: string, config: CloudConfig, publicKeys: readonly string[]): void {
    this.#write('/etc/hostname', `${name}\n`);
    this.#write(HOST_KEY, config.hostKey ?? generateHostKey().privateKey, 0o600);
    // DigitalOcean's images refuse passwords when a droplet is made with keys.
    const passwordLogin = config.passwordLogin ?? publicKeys.length === 0;
    const setting = `PasswordAuthentication ${passwordLogin ? 'yes' : 'no'}\n`;
    this.#write('/etc/ssh/sshd_config.d/50-cloud-init.conf', setting);

    const shadow = new Map([['root', '*']]);
    const keys = new Map([['root', [...publicKeys]]]);
    for (const user of config.users) {
      shadow.set(user.name, user.passwordHash ?? shadow.get(user.name) ?? '!');
      keys.set(user.name, [...(keys.get(user.name) ?? []), ...user.authorizedKeys]);
    }
    const lines = [...shadow].map(([user, hash]) => `${user}:${hash}:20000:0:99999:7:::\n`);
    this.#write('/etc/shadow', lines.join(''), 0o600);
    for (const [user, authorized] of keys) {
      const home = this.home(user);
      if (user !== 'root') {
        appendFileSync(this.#inside('/etc/passwd'), `${user}:x:0:0:${user}:${home}:/bin/sh\n`);
      }
      mkdirSync(join(this.#folder, home, '.ssh'), { recursive: true, mode: 0o700 });
      this.#write(
        `${home}/.ssh/authorized_keys`,
        authorized.map((key) => `${key}\n`).join(''),
        0o600,
      );
    }
    for (const file of config.files) {
      const before = file.append ? (this.#read(file.path) ?? '') : '';
      this.#write(file.path, Buffer.concat([Buffer.from(before), file.content]), file.mode);
    }
  }

  home(user: string): string {
    return user === 'root' ? '/root' : `/home/${user}`;
  }

  hostKey(): string {
    return this.#read(HOST_KEY) ?? generateHostKey().privateKey;
  }

  replaceHostKey(): void {
    this.#write(HOST_KEY, generateHostKey().privateKey, 0o600);
  }

  /** The hash in /etc/shadow; undefined: no such user, or sshd_config allows no passwords. */
  passwordHash(user: string): string | undefined {
    return this.#allowsPasswords() ? this.#shadow().get(user) : undefined;
  }

  /** None for a user that doesn't exist. */
  authorizedKeys(user: string): readonly string[] {
    if (!this.#shadow().has(user)) return [];
    const text = this.#read(`${this.home(user)}/.ssh/authorized_keys`) ?? '';
    return text.split('\n').filter((line) => /^(ssh-|ecdsa-)/.test(line));
  }

  #shadow(): ReadonlyMap<string, string> {
    const lines = (this.#read('/etc/shadow') ?? '').split('\n').filter(Boolean);
    return new Map(
      lines.map((line): [string, string] => {
        const [user = '', hash = '!'] = line.split(':');
        return [user, hash];
      }),
    );
  }

  /** The first file in the order of names that says something wins, as in sshd. */
  #allowsPasswords(): boolean {
    const folder = '/etc/ssh/sshd_config.d';
    for (const name of readdirSync(this.#inside(folder)).sort()) {
      const found = /^\s*PasswordAuthentication\s+(yes|no)/im.exec(
        this.#read(`${folder}/${name}`) ?? '',
      );
      if (found !== null) return found[1]?.toLowerCase() === 'yes';
    }
    return true;
  }

  #read(path: string): string | undefined {
    try {
      return readFileSync(this.#inside(path), 'utf8');
    } catch {
      return undefined;
    }
  }

  #write(path: string, content: string | Buffer, mode = 0o644): void {
    mkdirSync(dirname(join(this.#folder, resolve('/', path))), { recursive: true });
    const target = this.#inside(path);
    writeFileSync(target, content, { mode });
    chmodSync(target, mode);
  }

  /** The path on the host. Throws when links made in the droplet lead out of its folder. */
  #inside(path: string): string {
    const wanted = join(this.#folder, resolve('/', path));
    const root = realpathSync(this.#folder) + sep;
    const folder = realpathSync(dirname(wanted));
    const target = join(folder, basename(wanted));
    let end = target;
    try {
      end = realpathSync(target);
    } catch {
      // It doesn't exist yet.
    }
    if (!`${end}${sep}`.startsWith(root)) throw new Error(`${path} leads out of the droplet.`);
    return end;
  }
}
