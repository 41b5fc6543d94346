/** The whole program with databases and shares, and the vendor's client core at its CDM API. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKey, dataFolder, type RunningServer, startServer } from '../../support/server.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { type Answer, type Key, sdkClient, send } from '../huawei/harness.ts';

const region = 'cn-hangzhou';

/** Calls one operation below the cluster's `/cdm`; `cluster` for what is not below one. */
export type CdmCall = (
  method: string,
  path: string,
  body?: unknown,
  query?: Readonly<Record<string, string | number>>,
) => Promise<Answer>;

/** A server whose first cluster is used. */
export interface CdmProgram {
  readonly server: RunningServer;
  readonly projectId: string;
  readonly clusterId: string;
  /** Paths like `/job/name`; their parts are percent-encoded by the caller. */
  readonly cdm: CdmCall;
  /** Paths like `/clusters/job`. */
  readonly api: CdmCall;
  readonly key: Key;
  /** Folder of SQLite files. */
  readonly databases: string;
  /** Folder of the share `files`. */
  readonly share: string;
}

/** Starts one; it ends with the test. `extra`: further configuration of `cdm`. */
export async function startCdmProgram(
  cleanup: Cleanup,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<CdmProgram> {
  const dataDir = await dataFolder(cleanup);
  const folder = await temporaryFolder(cleanup);
  const databases = join(folder, 'databases');
  const share = join(folder, 'files');
  await mkdir(databases);
  await mkdir(share);
  const config = join(folder, 'longshore.json');
  await writeFile(
    config,
    JSON.stringify({
      region,
      transfers: { databases, shares: [{ name: 'files', folder: share }] },
      cdm: { timezone: 'UTC', ...extra },
    }),
  );
  const server = await startServer(cleanup, dataDir, ['--config', config]);
  const key = await createKey(cleanup, dataDir);
  const projectId = await projectOf(server.url, key);
  const call = sdkClient(server.url, key, { projectId });
  const api: CdmCall = (method, path, body, query = {}) =>
    call(method, `/v1.1/{project_id}${path}`, {
      params: { project_id: projectId },
      body,
      query,
    });
  const { clusters } = (await api('GET', '/clusters')) as unknown as {
    clusters: readonly { readonly id: string }[];
  };
  const clusterId = clusters[0]?.id ?? '';
  return {
    server,
    projectId,
    clusterId,
    key,
    databases,
    share,
    api,
    cdm: (method, path, body, query) =>
      api(method, `/clusters/${clusterId}/cdm${path}`, body, query),
  };
}

/** As SDKs find it: the project that is called as the region. */
async function projectOf(url: string, key: Key): Promise<string> {
  const call = sdkClient(url, key, { projectId: 'none' });
  const answer = (await call('GET', '/v3/projects', { query: { name: region } })) as unknown as {
    projects: readonly { readonly id: string }[];
  };
  return answer.projects[0]?.id ?? '';
}

export { send };

type Inputs = Readonly<Record<string, unknown>>;

/** Configurations as clients send them: inputs by their full names. */
export function values(...groups: readonly Inputs[]): object {
  return {
    configs: groups.map((inputs) => ({
      name: Object.keys(inputs)[0]?.split('.')[0] ?? 'none',
      inputs: Object.entries(inputs).map(([name, value]) => ({ name, value })),
    })),
  };
}

/** A SQLite link. */
export function sqliteLink(name: string, file: string): object {
  return {
    name,
    'connector-name': 'generic-jdbc-connector',
    'link-config-values': values({
      'linkConfig.databaseType': 'SQLITE',
      'linkConfig.database': file,
    }),
  };
}

/** A link to the share `files`. */
export function shareLink(name: string): object {
  return {
    name,
    'connector-name': 'nas-connector',
    'link-config-values': values({
      'linkConfig.protocol': 'NFS',
      'linkConfig.server': 'local:files',
    }),
  };
}

/** A job between two links. */
export function job(
  name: string,
  links: { readonly from: string; readonly to: string },
  inputs: { readonly from: Inputs; readonly to: Inputs; readonly driver?: Inputs },
  extra: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    job_type: 'NORMAL_JOB',
    name,
    'from-link-name': links.from,
    'to-link-name': links.to,
    'from-config-values': values(inputs.from),
    'to-config-values': values(inputs.to),
    'driver-config-values': values(inputs.driver ?? { 'throttlingConfig.numExtractors': '1' }),
    ...extra,
  };
}
