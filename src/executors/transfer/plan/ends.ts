import type { LinkOptions } from '../../../domain/transfer/link.ts';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { Connector, RowSource, RowTarget } from '../../../ports/connector.ts';
import type { FileStore } from '../../../ports/file-store.ts';
import type { TransferWork } from '../../../ports/transfers.ts';

/** Finds the connector of a kind; its code is loaded when it is first asked for. */
export type ConnectorOf = (kind: LinkOptions['kind']) => Promise<Connector>;

/** Both ends of a data job, open. */
export interface Ends {
  readonly source: RowSource;
  readonly target: RowTarget;
  close(): Promise<void>;
}

/** Opens source and target. @throws TransferError `link-…`, `invalid-definition`. */
export async function openEnds(
  { definition, links }: TransferWork,
  connectorOf: ConnectorOf,
  signal: AbortSignal,
): Promise<Ends> {
  const { from, to, name } = definition;
  const fromLink = linkOf(links, from.link);
  const toLink = linkOf(links, to.link);
  const source = await (await connectorOf(fromLink.kind)).source(fromLink, from, signal);
  try {
    const target = await (await connectorOf(toLink.kind)).target(toLink, to, name, signal);
    return {
      source,
      target,
      async close() {
        await Promise.allSettled([source.close(), target.close()]);
      },
    };
  } catch (error) {
    await source.close().catch(() => undefined);
    throw error;
  }
}

/** Opens the files of a link. @throws TransferError `link-option` when it has none. */
export async function openFiles(
  { links }: Pick<TransferWork, 'links'>,
  name: string,
  bucket: string,
  connectorOf: ConnectorOf,
  signal: AbortSignal,
): Promise<FileStore> {
  const options = linkOf(links, name);
  const connector = await connectorOf(options.kind);
  if (connector.files === undefined) {
    throw new TransferError('link-option', `link ${name} has no files; name a link that has`);
  }
  return connector.files(options, bucket, signal);
}

/** Whether files are copied as they are, byte by byte. */
export function isBinaryCopy({ from, to }: TransferDefinition): boolean {
  return from.kind === 'files' && to.kind === 'files' && from.format.kind === 'binary';
}

function linkOf(links: TransferWork['links'], name: string): LinkOptions {
  const options = Object.hasOwn(links, name) ? links[name] : undefined;
  if (options !== undefined) return options;
  throw new TransferError('invalid-definition', `the job knows no link ${name}`);
}
