/** A file or folder. Paths use `/`, are relative to the root of the link (and bucket), without a leading `/`. */
export interface FileInfo {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
  /** Checksum that the store itself knows, MD5 in hexadecimal; null = none. */
  readonly md5: string | null;
  /** Media type; absent = the store keeps none, or does not tell it here (`stat` does). */
  readonly contentType?: string;
}

/** Files of a link. Paths that would leave its root are refused. */
export interface FileStore {
  /** Null = not there; a folder has `folder: true`. */
  stat(path: string): Promise<(FileInfo & { readonly folder: boolean }) | null>;
  /** All files below a folder, or the file itself, sorted by path. @throws TransferError `path-missing` */
  list(path: string, signal: AbortSignal): AsyncIterable<FileInfo>;
  /** Bytes from `start` up to but without `end` (null = to the end). @throws TransferError `path-missing` */
  read(
    path: string,
    range: { readonly start: number; readonly end: number | null },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** Writes a file as a whole; it appears complete where the store can do that. */
  write(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: {
      readonly contentType?: string;
      readonly kmsKeyId?: string;
      readonly signal: AbortSignal;
    },
  ): Promise<FileInfo>;
  /**
   * Opens a file for a loader: what is behind `keepBytes` is cut off. Null = this store cannot go
   * on with a file; then it is written from its beginning.
   */
  append(path: string, keepBytes: number, signal: AbortSignal): Promise<FileAppender | null>;
  /** A file gets another name; one that has it already is replaced. Folders above are made. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
  /** Removes everything below a folder, and the folder. */
  removeTree(path: string, signal: AbortSignal): Promise<void>;
  /** Whether folders exist of themselves. */
  readonly hasFolders: boolean;
  makeFolder(path: string): Promise<void>;
  close(): Promise<void>;
}

/** A file that grows. */
export interface FileAppender {
  /** Once it resolves the caller may use the memory for something else. */
  write(bytes: Uint8Array): Promise<void>;
  /** Everything written so far is durable. */
  sync(): Promise<void>;
  readonly bytes: number;
  close(): Promise<void>;
}
