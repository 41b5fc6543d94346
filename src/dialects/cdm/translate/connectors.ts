/** Connectors by their names on the wire (cdm.md §4.1). */

/**
 * What a connector is made of here. `declared`: known, and refused when a link of it is created,
 * for nothing here speaks its protocol.
 */
export type ConnectorFamily = 'database' | 'files' | 'http' | 'warehouse' | 'declared';

export interface WireConnector {
  readonly name: string;
  readonly family: ConnectorFamily;
  readonly from: boolean;
  readonly to: boolean;
}

const row = (name: string, family: ConnectorFamily, from = true, to = true): WireConnector => ({
  name,
  family,
  from,
  to,
});

export const connectors: readonly WireConnector[] = [
  row('generic-jdbc-connector', 'database'),
  row('obs-connector', 'files'),
  row('sftp-connector', 'files'),
  row('ftp-connector', 'files'),
  row('nas-connector', 'files'),
  row('hdfs-connector', 'files'),
  row('http-connector', 'http', true, false),
  row('hive-connector', 'warehouse'),
  row('mongodb-connector', 'declared'),
  row('redis-connector', 'declared'),
  row('elasticsearch-connector', 'declared'),
  row('kafka-connector', 'declared', true, false),
  row('dms-kafka-connector', 'declared', true, false),
  row('hbase-connector', 'declared'),
  row('dli-connector', 'declared', false, true),
  row('dis-connector', 'declared'),
  row('opentsdb-connector', 'declared'),
  row('thirdparty-obs-connector', 'declared', true, false),
];

/** Null when there is no such connector. */
export function findConnector(name: string): WireConnector | null {
  return connectors.find((connector) => connector.name === name) ?? null;
}
