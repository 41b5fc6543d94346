/** The registry of connectors: a new one is a line here. */
import net from 'node:net';
import type { LinkKind } from '../domain/transfer/link.ts';
import { TransferError } from '../domain/transfer/errors.ts';
import { AddressPolicy } from '../executors/http/addresses.ts';
import { HostList, plainHost } from '../lib/host-list.ts';
import type { Connector, ConnectorContext } from '../ports/connector.ts';

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

/**
 * Finds connectors, each made once.
 * @throws Error naming a host of the settings that cannot be read.
 */
export function createConnectors(
  settings: ConnectorSettings,
  more: Pick<ConnectorContext, 'nowMs' | 'files' | 'scratchRoot'>,
): (kind: LinkKind) => Promise<Connector> {
  const { databaseRoot, shares, hosts } = settings;
  const context: ConnectorContext = { databaseRoot, shares, refuses: linkRule(hosts), ...more };
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

/** Addresses that jobs name are public ones, or those that the operator listed. */
export function downloadRule({
  hosts,
}: Pick<ConnectorSettings, 'hosts'>): ConnectorContext['refuses'] {
  const policy = new AddressPolicy(hosts);
  const listed = new HostList(hosts, 'host of links');
  return (host) => (listed.hasName(plainHost(host)) ? null : policy.problem(host));
}
