/** What a droplet's SFTP server can have done with its files; each call rejects with the system's error code. */
export function fileCalls(
  root: string,
): Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => Promise<unknown>>>;
