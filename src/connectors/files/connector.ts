import type { LinkKind, LinkOptions } from '../../domain/transfer/link.ts';
import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { badDefinition } from './errors.ts';
import { openFileSource } from './file-source.ts';
import { openFileTarget } from './file-target.ts';
import { readerOf, writableOf } from './formats/registry.ts';

/** What differs between kinds of file stores. */
export interface FileStoreKind<K extends LinkKind> {
  test(options: Extract<LinkOptions, { kind: K }>, signal: AbortSignal): Promise<void>;
  /** @throws TransferError `link-…`, `bucket-missing` */
  open(
    options: Extract<LinkOptions, { kind: K }>,
    bucket: string,
    signal: AbortSignal,
  ): Promise<FileStore>;
}

/** A connector for files in any store: rows of them, and the files themselves. */
export function fileConnector<K extends LinkKind>(
  kind: K,
  context: ConnectorContext,
  store: FileStoreKind<K>,
): Connector<K> {
  return {
    kind,
    test: (options, signal) => store.test(options, signal),
    files: (options, bucket, signal) => store.open(options, bucket, signal),
    source: async (options, from, signal) => {
      if (from.kind !== 'files') {
        throw badDefinition(`a link to files (${kind}) holds files, not ${from.kind}`);
      }
      const opened = await store.open(options, from.bucket, signal);
      return closingOnFailure(opened, () =>
        openFileSource({ store: opened, from, context, readerOf, signal }),
      );
    },
    target: async (options, to, name, signal) => {
      if (to.kind !== 'files') {
        throw badDefinition(`a link to files (${kind}) holds files, not a ${to.kind}`);
      }
      const opened = await store.open(options, to.bucket, signal);
      return closingOnFailure(opened, () =>
        openFileTarget({ store: opened, to, name, context, writableOf, signal }),
      );
    },
  };
}

async function closingOnFailure<T>(store: FileStore, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await store.close();
    throw error;
  }
}
