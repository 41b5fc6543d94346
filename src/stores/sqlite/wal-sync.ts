import { close, closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Puts committed transactions on the disk without holding up the event loop.
 *
 * SQLite runs with `synchronous = NORMAL`: a commit appends to the write-ahead log and returns,
 * and the log is synced here through a descriptor of our own (a sync concerns the file, not the
 * descriptor). The log stays the same file while the database is open, and SQLite itself syncs it
 * before a checkpoint, so a transaction is durable once a sync that began after its commit ends.
 */
export class WalSync {
  readonly #fd: number;

  /** Opens the log of a database that is in WAL mode and has been written to. */
  constructor(databasePath: string) {
    this.#fd = openSync(`${databasePath}-wal`, 'r+');
    // The names of a new database and its log must survive a power cut, too.
    const folder = openSync(dirname(databasePath), 'r');
    fsyncSync(folder);
    closeSync(folder);
  }

  /** Resolves once everything committed before the call is on the disk. @throws what the disk says. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      close(this.#fd, (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
  }
}
