import ssh2 from 'ssh2';

/**
 * The line that lets a private key in when it stands in authorized_keys: "ssh-ed25519 AAAA…".
 * Throws TypeError for text that is no private key, or one with a passphrase.
 */
export function authorizedKey(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error || !parsed.isPrivateKey()) {
    throw new TypeError(
      'The SSH private key cannot be read: it must be one in OpenSSH or PEM format, without a passphrase',
    );
  }
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
}
