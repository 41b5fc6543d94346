import { TransferError, type TransferErrorCode } from '../../domain/transfer/errors.ts';

/** A file that cannot be understood as what the job says it is. */
export function badFile(path: string, what: string, cause?: unknown): TransferError {
  return new TransferError(
    'file-format',
    `file ${path}: ${what}`,
    cause === undefined ? {} : { cause },
  );
}

/** A job that cannot be done as it is defined. */
export function badDefinition(what: string): TransferError {
  return new TransferError('invalid-definition', what);
}

/**
 * An error of the system while a path was in use, in words. What is a `TransferError` already
 * stays as it is, and so does an abort.
 */
export function fileError(
  error: unknown,
  doing: 'read' | 'write',
  path: string,
): TransferError | DOMException {
  if (error instanceof TransferError) return error;
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const known = systemErrors[code];
  const shown = path === '' ? 'the root folder' : path;
  if (known !== undefined) {
    return new TransferError(known.code ?? `${doing}-failed`, `${shown}: ${known.words}`, {
      cause: error,
    });
  }
  const text = code === '' ? (error as Error).message : code;
  return new TransferError(`${doing}-failed`, `${shown} cannot be ${past[doing]}: ${text}`, {
    cause: error,
  });
}

const past = { read: 'read', write: 'written' } as const;

const systemErrors: Readonly<
  Record<string, { readonly code?: TransferErrorCode; readonly words: string }>
> = {
  ENOENT: { code: 'path-missing', words: 'there is no such file or folder' },
  ENOTDIR: { code: 'path-missing', words: 'a part of the path is a file, not a folder' },
  EISDIR: { words: 'it is a folder, not a file' },
  EACCES: { words: 'this server may not do that there (permissions)' },
  EPERM: { words: 'this server may not do that there (permissions)' },
  EROFS: { words: 'the file system is read-only' },
  ENOSPC: { code: 'disk-full', words: 'the disk is full' },
  EDQUOT: { code: 'disk-full', words: 'the quota of the disk is used up' },
  EFBIG: { code: 'disk-full', words: 'the file is larger than the file system or a limit allows' },
  ENAMETOOLONG: { words: 'the name is too long for the file system' },
  EMFILE: { words: 'too many files are open' },
  ELOOP: { words: 'a symbolic link stands where none may' },
};
