/** Jobs between links of every connector; the links lead nowhere. */
import { sqliteLink, startCdmProgram, values } from './program.ts';
import type { Answer } from '../huawei/harness.ts';

export type Row = Readonly<Record<string, unknown>>;

export const jobsOf = (answer: Answer): readonly Row[] => answer['jobs'] as readonly Row[];
export const links = { from: 'a', to: 'b' };
export const from = { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' };
export const to = { 'toJobConfig.schemaName': 'main', 'toJobConfig.tableName': 'orders' };

/** Links are not tested here: those of the other connectors reach nothing. */
export async function startWithLinks(t: Parameters<typeof startCdmProgram>[0], extra: Row = {}) {
  const program = await startCdmProgram(t, { testLinks: false, ...extra });
  const file = (name: string, connector: string, inputs: Row): object => ({
    name,
    'connector-name': connector,
    'link-config-values': values(inputs),
  });
  const server = {
    'linkConfig.server': 'files.example',
    'linkConfig.username': 'ann',
    'linkConfig.password': 'x',
  };
  await program.cdm('POST', '/link', {
    links: [
      sqliteLink('a', 'a.db'),
      sqliteLink('b', 'b.db'),
      file('sftp', 'sftp-connector', server),
      file('ftp', 'ftp-connector', server),
      file('http', 'http-connector', {}),
      file('obs', 'obs-connector', {
        'linkConfig.server': '127.0.0.1',
        'linkConfig.port': '9000',
        'linkConfig.accessKey': 'ak',
        'linkConfig.securityKey': 'sk',
      }),
      file('my', 'generic-jdbc-connector', {
        'linkConfig.databaseType': 'MYSQL',
        'linkConfig.host': 'db.example',
        'linkConfig.username': 'ann',
        'linkConfig.password': 'x',
      }),
      file('hive', 'hive-connector', { 'linkConfig.uri': 'file:///warehouse' }),
    ],
  });
  return program;
}

export const csvTo = {
  'toJobConfig.outputDirectory': 'out',
  'toJobConfig.outputFormat': 'CSV_FILE',
};
export const binaryFrom = {
  'fromJobConfig.inputDirectory': 'in',
  'fromJobConfig.inputFormat': 'BINARY_FILE',
};
export const binaryTo = {
  'toJobConfig.outputDirectory': 'out',
  'toJobConfig.outputFormat': 'BINARY_FILE',
};
export const csvFrom = {
  'fromJobConfig.inputDirectory': 'in',
  'fromJobConfig.inputFormat': 'CSV_FILE',
};
