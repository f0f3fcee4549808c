import { stringify } from 'yaml';

export interface UserDataInput {
  /** OpenSSH PEM of the ed25519 host key that the droplet is to present. */
  readonly hostKeyPrivate: string;
  /** "ssh-ed25519 AAAA…". */
  readonly hostKeyPublic: string;
  /** crypt(3) hash of root's password, like "$6$…"; never the password. */
  readonly passwordHash?: string | undefined;
  /** Public keys that may log in as root. */
  readonly authorizedKeys: readonly string[];
}

/** DigitalOcean: user_data is at most 64 KiB. */
const MAX_BYTES = 65_536;

/**
 * The cloud-config of a new droplet: who may log in, and by which host key we know it. Any user of the droplet can read it
 * from the metadata address for ever, so nothing in it may be worth anything after the first login. Throws RangeError at
 * 64 KiB or more.
 */
export function userData(input: UserDataInput): string {
  const withPassword = input.passwordHash !== undefined;
  const config = {
    disable_root: false,
    users: [
      {
        name: 'root',
        lock_passwd: false,
        ...(withPassword ? { hashed_passwd: input.passwordHash } : {}),
        ...(input.authorizedKeys.length > 0
          ? { ssh_authorized_keys: [...input.authorizedKeys] }
          : {}),
      },
    ],
    // The image's own choice may be either; a droplet that is reached by key lets no password in.
    ssh_pwauth: withPassword,
    // An expired password refuses commands even after a login by key.
    chpasswd: { expire: false },
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: input.hostKeyPrivate, ed25519_public: input.hostKeyPublic },
  };
  // cloud-init reads YAML 1.1, where a bare "no" or "1:30" is not a string: every string is quoted.
  const body = stringify(config, {
    version: '1.1',
    lineWidth: 0,
    blockQuote: false,
    aliasDuplicateObjects: false,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
  });
  const text = `#cloud-config\n${body}`;
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes >= MAX_BYTES) {
    throw new RangeError(
      `The droplet's user_data would be ${sizeBytes} bytes, and DigitalOcean takes less than ${MAX_BYTES}; authorize fewer SSH keys.`,
    );
  }
  return text;
}
