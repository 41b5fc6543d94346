/** Requests as users of SDKs build them. */
import { values } from '../../dialects/cdm/program.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The header that some operations declare. */
export const language = { 'X-Language': 'en-us' } as const;

/** What SDKs sign and send in more than one way (cdm.md §2.3). */
export const oddNames = [
  '订单',
  'orders two',
  '订单 副本',
  "it's",
  'a+b&c=d',
  'x~y(z)*!',
  'brace {b}',
  'ü@:$,;',
] as const;

/** A link to a PostgreSQL database that listens on a socket file. */
export function postgresLink(name: string, folder: string, database: string): object {
  return {
    name,
    'connector-name': 'generic-jdbc-connector',
    'link-config-values': values({
      'linkConfig.databaseType': 'POSTGRESQL',
      'linkConfig.host': folder,
      'linkConfig.port': '5432',
      'linkConfig.database': database,
      'linkConfig.username': 'postgres',
      'linkConfig.password': 'geheim',
    }),
    enabled: true,
  };
}

/** A job as the SDKs' models have it: they refuse to be made without the connectors. */
export function wireJob(
  name: string,
  from: { readonly link: string; readonly connector: string; readonly inputs: Fields },
  to: { readonly link: string; readonly connector: string; readonly inputs: Fields },
  driver: Fields = { 'throttlingConfig.numExtractors': '1' },
): Fields {
  return {
    job_type: 'NORMAL_JOB',
    name,
    'from-link-name': from.link,
    'from-connector-name': from.connector,
    'from-config-values': values(from.inputs),
    'to-link-name': to.link,
    'to-connector-name': to.connector,
    'to-config-values': values(to.inputs),
    'driver-config-values': values(driver),
  };
}

export const jdbc = 'generic-jdbc-connector';
export const nas = 'nas-connector';

/** A row in each second: runs for minutes. */
export const slowly: Fields = {
  'throttlingConfig.throttling': 'true',
  'throttlingConfig.recordRate': '1',
  'throttlingConfig.channelCapacityMb': '1',
};
