/** The registry of connectors: a new one is a line here. */
import net from 'node:net';
import type { LinkKind } from '../domain/transfer/link.ts';
import { TransferError } from '../domain/transfer/errors.ts';
import { AddressPolicy } from '../executors/http/addresses.ts';
import type { OpenCopying } from '../executors/transfer/plan/copying.ts';
import { type ConnectorOf, openFiles } from '../executors/transfer/plan/ends.ts';
import { HostList, plainHost } from '../lib/host-list.ts';
import type { Connector, ConnectorContext } from '../ports/connector.ts';
import type { TransferWork } from '../ports/transfers.ts';

type Makers = {
  readonly [K in LinkKind]?: (
    context: ConnectorContext,
    settings: ConnectorSettings,
  ) => Promise<Connector<K>>;
};

/** Drivers cost memory: none of their code is loaded before a link of its kind is used. */
const makers: Makers = {
  postgres: async (context) =>
    (await import('../connectors/postgres/connector.ts')).postgresConnector(context),
  mysql: async () => (await import('../connectors/mysql/connector.ts')).mysqlConnector,
  sqlite: async (context) =>
    (await import('../connectors/sqlite/connector.ts')).createSqliteConnector(context),
  s3: async (context) => (await import('../connectors/s3/connector.ts')).s3Connector(context),
  sftp: async (context) => (await import('../connectors/sftp/connector.ts')).sftpConnector(context),
  ftp: async (context) => (await import('../connectors/ftp/connector.ts')).ftpConnector(context),
  http: async (context, { hosts }) =>
    (await import('../connectors/http/connector.ts')).httpConnector(
      context,
      // Addresses that jobs name are public ones, or those that the operator listed.
      new AddressPolicy(hosts),
    ),
  local: async (context) =>
    (await import('../connectors/local/connector.ts')).localConnector(context),
  warehouse: async (context) => {
    const { warehouseConnector } = await import('../connectors/warehouse/connector.ts');
    const { localConnector } = await import('../connectors/local/connector.ts');
    const { s3Connector } = await import('../connectors/s3/connector.ts');
    const [local, s3] = [localConnector(context), s3Connector(context)];
    return warehouseConnector(context, async (options, bucket, signal) => {
      const files = await (options.kind === 's3'
        ? s3.files?.(options, bucket, signal)
        : local.files?.(options, bucket, signal));
      if (files === undefined) throw new Error(`links of kind ${options.kind} have no files`);
      return files;
    });
  },
};

/** Kinds of links that work here. */
export const connectorKinds: ReadonlySet<LinkKind> = new Set(
  (Object.keys(makers) as LinkKind[]).filter((kind) => makers[kind] !== undefined),
);

/** What of the configuration connectors are told; plain data, for workers of their own process. */
export interface ConnectorSettings {
  readonly databaseRoot: string | null;
  readonly shares: Readonly<Record<string, string>>;
  /** Hosts that links may name; empty = any. */
  readonly hosts: readonly string[];
}

/** Connectors of a job, and what of them works on two links at once. */
export interface JobConnectors {
  readonly connectorOf: ConnectorOf;
  readonly openCopying: OpenCopying;
}

/**
 * Connectors for one job, whose links they can look up.
 * @throws Error naming a host of the settings that cannot be read.
 */
export function jobConnectors(
  work: TransferWork,
  settings: ConnectorSettings,
  more: Pick<ConnectorContext, 'nowMs' | 'scratchRoot'>,
): JobConnectors {
  const context: ConnectorContext = {
    ...contextOf(settings, more),
    files: (link, bucket, signal) => openFiles(work, link, bucket, connectorOf, signal),
  };
  const connectorOf = finder(settings, context);
  return {
    connectorOf,
    async openCopying({ definition: { from, to } }, signal) {
      if (from.kind !== 'files' || to.kind !== 'files') {
        throw new TransferError('invalid-definition', 'only files can be copied as they are');
      }
      const { openBinaryCopy } = await import('../connectors/files/binary-copy.ts');
      const source = await openFiles(work, from.link, from.bucket, connectorOf, signal);
      try {
        const target = await openFiles(work, to.link, to.bucket, connectorOf, signal);
        return openBinaryCopy({
          from: source,
          source: from,
          to: target,
          target: to,
          context,
          signal,
        });
      } catch (error) {
        await source.close();
        throw error;
      }
    },
  };
}

/**
 * Finds connectors, each made once.
 * @throws Error naming a host of the settings that cannot be read.
 */
export function createConnectors(
  settings: ConnectorSettings,
  more: Pick<ConnectorContext, 'nowMs'>,
): ConnectorOf {
  return finder(settings, contextOf(settings, more));
}

function contextOf(
  { databaseRoot, shares, hosts }: ConnectorSettings,
  more: Pick<ConnectorContext, 'nowMs' | 'scratchRoot'>,
): ConnectorContext {
  return { databaseRoot, shares, refuses: linkRule(hosts), ...more };
}

function finder(settings: ConnectorSettings, context: ConnectorContext): ConnectorOf {
  const made = new Map<LinkKind, Promise<Connector>>();
  return (kind) => {
    const known = made.get(kind);
    if (known !== undefined) return known;
    const maker = makers[kind];
    if (maker === undefined) {
      const message = `the connector ${kind} is not installed on this server`;
      return Promise.reject(new TransferError('connector-missing', message));
    }
    const connector = maker(context, settings) as Promise<Connector>;
    made.set(kind, connector);
    return connector;
  };
}

/** Links lead anywhere, unless the operator listed where; never to where clouds tell secrets. */
function linkRule(hosts: readonly string[]): ConnectorContext['refuses'] {
  const listed = new HostList(hosts, 'host of links');
  return (host) => {
    const name = plainHost(host);
    if (listed.hasName(name) || (net.isIP(name) !== 0 && listed.hasAddress(name))) return null;
    if (hosts.length > 0) return `the host ${name} is not among transfers.hosts of the server`;
    return name.startsWith('169.254.') || name.startsWith('fe80:')
      ? `the address ${name} is link-local, and no link may lead there`
      : null;
  };
}
