import type { LinkOptions } from '../../domain/transfer/link.ts';
import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { badDefinition } from '../files/errors.ts';
import { remotePath } from '../files/remote.ts';
import { openWarehouseSource } from './warehouse-source.ts';
import { openWarehouseTarget } from './warehouse-target.ts';

type WarehouseOptions = Extract<LinkOptions, { kind: 'warehouse' }>;

/** Opens the files that a warehouse lies in. @throws TransferError `link-…`, `bucket-missing` */
export type OpenFiles = (
  options: WarehouseOptions['files'],
  bucket: string,
  signal: AbortSignal,
) => Promise<FileStore>;

/** Tables as folders of files (cdm.md §5.9, Hive file mode), in any store that `openFiles` opens. */
export function warehouseConnector(
  context: ConnectorContext,
  openFiles: OpenFiles,
): Connector<'warehouse'> {
  const open = ({ files, bucket }: WarehouseOptions, signal: AbortSignal): Promise<FileStore> =>
    openFiles(files, bucket, signal);
  return {
    kind: 'warehouse',
    test: async (options, signal) => {
      const store = await open(options, signal);
      try {
        await store.stat(remotePath(options.path));
      } finally {
        await store.close();
      }
    },
    source: async (options, from, signal) => {
      if (from.kind !== 'warehouse') {
        throw badDefinition(`a link to a warehouse holds its tables, not ${from.kind}`);
      }
      const store = await open(options, signal);
      const root = remotePath(options.path);
      try {
        return await openWarehouseSource({ store, root, from, context, signal });
      } catch (error) {
        await store.close();
        throw error;
      }
    },
    target: async (options, to, _name, signal) => {
      if (to.kind !== 'warehouse') {
        throw badDefinition(`a link to a warehouse holds its tables, not a ${to.kind}`);
      }
      const store = await open(options, signal);
      return openWarehouseTarget({ store, root: remotePath(options.path), to, context, signal });
    },
  };
}
