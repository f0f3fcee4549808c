import { constants } from 'node:fs';
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';

/** One call of guest/files.mjs. Rejects with an error that has the system's code. */
export type FileCall = (call: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>;

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
const BATCH = 100;
const MAX_READ_BYTES = 256 * 1024;

/** Serves SFTP version 3 on a channel, as far as programs use it: no links, no times. Handles are the machine's own, as numbers. */
export function serveSftp(sftp: SFTPWrapper, call: FileCall): void {
  const open = new Set<number>();
  /** Answers what `work` comes to, or its error as a status. */
  const answer = (id: number, work: Promise<unknown>, tell: (result: unknown) => void) => {
    work.then(tell).catch((error: unknown) => sftp.status(id, statusOf(error)));
  };
  const done = (id: number, work: Promise<unknown>) =>
    answer(id, work, () => sftp.status(id, STATUS_CODE.OK));
  const opened = (id: number, work: Promise<unknown>) =>
    answer(id, work, (handle) => {
      open.add(Number(handle));
      sftp.handle(id, Buffer.from(String(handle)));
    });
  const attributes = (id: number, work: Promise<unknown>) =>
    answer(id, work, (found) => sftp.attrs(id, found as Attributes));
  const numberOf = (handle: Buffer): number => Number(handle.toString());

  sftp.on('error', () => {});
  sftp.on('close', () => {
    for (const handle of open) call('close', { handle }).catch(() => {});
  });
  sftp.on('REALPATH', (id, name) => {
    answer(id, call('realpath', { name }), (found) =>
      sftp.name(id, [{ filename: String(found), longname: '', attrs: NOTHING }]),
    );
  });
  sftp.on('LSTAT', (id, name) => attributes(id, call('lstat', { name })));
  sftp.on('STAT', (id, name) => attributes(id, call('lstat', { name })));
  sftp.on('FSTAT', (id, handle) => attributes(id, call('fstat', { handle: numberOf(handle) })));
  sftp.on('SETSTAT', (id, name, { mode }) => done(id, call('chmod', { name, mode })));
  sftp.on('FSETSTAT', (id, handle, { mode }) =>
    done(id, call('fchmod', { handle: numberOf(handle), mode })),
  );
  sftp.on('OPEN', (id, name, flags, { mode = 0o666 }) =>
    opened(id, call('open', { name, flags: flagsOf(flags), mode })),
  );
  sftp.on('READ', (id, handle, offset, length) => {
    const wanted = { handle: numberOf(handle), offset, length: Math.min(length, MAX_READ_BYTES) };
    answer(id, call('read', wanted), (found) => {
      const data = Buffer.from(String(found), 'base64');
      if (data.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, data);
    });
  });
  sftp.on('WRITE', (id, handle, offset, data) =>
    done(id, call('write', { handle: numberOf(handle), offset, data: data.toString('base64') })),
  );
  sftp.on('CLOSE', (id, handle) => {
    open.delete(numberOf(handle));
    done(id, call('close', { handle: numberOf(handle) }));
  });
  sftp.on('OPENDIR', (id, name) => opened(id, call('opendir', { name })));
  sftp.on('READDIR', (id, handle) => {
    answer(id, call('readdir', { handle: numberOf(handle), most: BATCH }), (found) => {
      const listed = found as readonly { name: string; attributes: Attributes }[];
      if (listed.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else {
        const names = listed.map(({ name, attributes: attrs }) => ({
          filename: name,
          longname: name,
          attrs,
        }));
        sftp.name(id, names);
      }
    });
  });
  sftp.on('MKDIR', (id, name, { mode = 0o777 }) => done(id, call('mkdir', { name, mode })));
  sftp.on('RMDIR', (id, name) => done(id, call('rmdir', { name })));
  sftp.on('REMOVE', (id, name) => done(id, call('remove', { name })));
  sftp.on('RENAME', (id, from, to) => done(id, call('rename', { from, to })));
}

const NOTHING = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

const FLAGS: readonly (readonly [number, number])[] = [
  [OPEN_MODE.APPEND, constants.O_APPEND],
  [OPEN_MODE.CREAT, constants.O_CREAT],
  [OPEN_MODE.TRUNC, constants.O_TRUNC],
  [OPEN_MODE.EXCL, constants.O_EXCL],
];

function flagsOf(wanted: number): number {
  const [reads, writes] = [wanted & OPEN_MODE.READ, wanted & OPEN_MODE.WRITE];
  const access = writes ? (reads ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  return FLAGS.reduce((flags, [asked, flag]) => (wanted & asked ? flags | flag : flags), access);
}

function statusOf(error: unknown): number {
  const { code = '' } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return STATUS_CODE.NO_SUCH_FILE;
    case 'EACCES':
    case 'EPERM':
    case 'ELOOP':
      return STATUS_CODE.PERMISSION_DENIED;
    default:
      return STATUS_CODE.FAILURE;
  }
}
