import { parse } from 'yaml';
import { z } from 'zod';

const text = z.string();
const command = z.union([text, z.array(z.union([text, z.number()]).transform(String))]);

const userSchema = z.object({
  name: text,
  hashed_passwd: text.optional(),
  passwd: text.optional(),
  lock_passwd: z.boolean().optional(),
  ssh_authorized_keys: z.array(text).optional(),
});

const schema = z.object({
  users: z.array(z.union([text, userSchema])).optional(),
  ssh_keys: z
    .object({ ed25519_private: text.optional(), ed25519_public: text.optional() })
    .optional(),
  ssh_pwauth: z.union([z.boolean(), text]).optional(),
  ssh_authorized_keys: z.array(text).optional(),
  chpasswd: z
    .object({
      users: z.array(z.object({ name: text, password: text, type: text.optional() })).optional(),
    })
    .optional(),
  write_files: z
    .array(
      z.object({
        path: text,
        content: text.default(''),
        encoding: text.optional(),
        permissions: z.union([text, z.number()]).optional(),
        append: z.boolean().optional(),
      }),
    )
    .optional(),
  runcmd: z.array(command).optional(),
});

export interface CloudConfig {
  readonly hostKey: string | undefined;
  /** undefined: the image's own default. */
  readonly passwordLogin: boolean | undefined;
  readonly users: readonly {
    readonly name: string;
    /** As it stands in /etc/shadow; undefined: leave it alone. */
    readonly passwordHash: string | undefined;
    readonly authorizedKeys: readonly string[];
  }[];
  readonly files: readonly {
    readonly path: string;
    readonly content: Buffer;
    readonly mode: number;
    readonly append: boolean;
  }[];
  /** Command lines for sh. */
  readonly commands: readonly string[];
}

/**
 * What cloud-init would do with user_data, as far as the simulator does it too: users, ssh_keys, ssh_pwauth,
 * write_files, runcmd; a text that begins with "#!" is one command. Anything else is ignored, as cloud-init
 * ignores what it doesn't know. Throws an Error with a sentence when it is not valid.
 */
export function readUserData(userData: string): CloudConfig {
  if (userData.startsWith('#!')) {
    return {
      ...EMPTY,
      commands: [
        `cat > /tmp/user-data <<'END_OF_USER_DATA'\n${userData}\nEND_OF_USER_DATA\nchmod 700 /tmp/user-data && /tmp/user-data`,
      ],
    };
  }
  if (!userData.startsWith('#cloud-config')) return EMPTY;
  const parsed = schema.safeParse(parse(userData) ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`user_data is not valid at ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const config = parsed.data;
  const users = (config.users ?? []).filter((user) => typeof user !== 'string');
  const changed = config.chpasswd?.users ?? [];
  return {
    hostKey: config.ssh_keys?.ed25519_private,
    passwordLogin:
      config.ssh_pwauth === undefined
        ? undefined
        : /^(true|yes|1)$/i.test(String(config.ssh_pwauth)),
    users: [
      ...users.map((user) => {
        const hash = user.hashed_passwd ?? user.passwd;
        // cloud-init locks a password unless it is told not to.
        const isLocked = user.lock_passwd ?? true;
        return {
          name: user.name,
          passwordHash: hash === undefined ? undefined : `${isLocked ? '!' : ''}${hash}`,
          authorizedKeys: user.ssh_authorized_keys ?? [],
        };
      }),
      ...changed.map((user) => ({
        name: user.name,
        passwordHash: user.password,
        authorizedKeys: [],
      })),
      { name: 'root', passwordHash: undefined, authorizedKeys: config.ssh_authorized_keys ?? [] },
    ],
    files: (config.write_files ?? []).map((file) => ({
      path: file.path,
      content: Buffer.from(
        file.content,
        /^(b64|base64)$/.test(file.encoding ?? '') ? 'base64' : 'utf8',
      ),
      mode: Number.parseInt(String(file.permissions ?? '0644'), 8),
      append: file.append ?? false,
    })),
    commands: (config.runcmd ?? []).map((each) =>
      typeof each === 'string'
        ? each
        : each.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' '),
    ),
  };
}

const EMPTY: CloudConfig = {
  hostKey: undefined,
  passwordLogin: undefined,
  users: [],
  files: [],
  commands: [],
};
