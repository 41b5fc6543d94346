import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { createCdmProduct } from '../../../src/dialects/cdm/index.ts';
import type { DialectContext } from '../../../src/dialects/kit/dialect.ts';
import { type CdmProgram, sqliteLink, startCdmProgram } from '../../dialects/cdm/program.ts';
import { missingPostgres, testPostgres } from '../../support/postgres.ts';
import { createKey, type PrintedKey } from '../../support/server.ts';
import type { Sdk } from '../sdk.ts';
import { at, Caller, type Language, rows } from './caller.ts';
import { deleteCluster, makeCluster, stopAndStart } from './steps-clusters.ts';
import {
  copyTables,
  failRun,
  listAndDelete,
  moveFiles,
  orderCount,
  startAnywhere,
  stopRun,
} from './steps-jobs.ts';
import { deleteLinks, links, makeLinks } from './steps-links.ts';
import { asTheProvider } from './steps-provider.ts';
import { postgresLink } from './words.ts';

/** For one SDK: its download and its walk. */
export const TEST_DEADLINE_MS = 8 * 60_000;

/** Region of the server, and so the name of its first project. */
const region = 'cn-hangzhou';
/** A region with a project that is configured besides, and one without. */
const regions = { other: 'cn-north-4', empty: 'eu-west-0' } as const;

/** How a test starts its driver: with address, key id, secret, region and perhaps a project. */
export type StartDriver = (args: readonly string[]) => Sdk;

/**
 * Goes through every operation with one SDK against a server of its own, with tables and files, and
 * has errors shown that come before operations: users without permission, unknown keys.
 */
export async function compare(
  t: TestContext,
  language: Language,
  start: StartDriver,
): Promise<void> {
  const program = await startCdmProgram(t, { projects: [regions.other] });
  const { server, key } = program;
  const orders = new Database(join(program.databases, 'shop 店.db'));
  orders.exec('create table orders (id integer primary key, name text, price decimal(10,2))');
  const insert = orders.prepare('insert into orders values (?, ?, ?)');
  for (let id = 1; id <= orderCount; id += 1) insert.run(id, `n "${id}", 订单`, id / 4);
  orders.close();
  const target = await targetLink(t, language.name);

  // No project: the SDK asks IAM for the one that is called as the region.
  const caller = new Caller(start([server.url, key.id, key.secret, region]));
  const made = await makeCluster(caller);
  const clusters = rows(await caller.call('ListClusters', {}), 'clusters');
  const place = { caller, cluster_id: String(at(clusters, '0.id')), schema: target.schema };
  await makeLinks(caller, place.cluster_id, target.link);
  await copyTables(place, 'copies 二');
  await moveFiles(place);
  await stopRun(place, 'slow one');
  await failRun(place);
  await asTheProvider(place);
  await startAnywhere(place, made);
  await stopAndStart(caller, place.cluster_id, 'fails');
  await listAndDelete(place);
  await deleteLinks(caller, place.cluster_id);
  await deleteCluster(caller, made);

  const { findings } = caller;
  const { operations } = createCdmProduct({} as DialectContext);
  // One operation of the server is three of the SDKs, told apart by the body.
  const names = operations.flatMap(({ name }) => name.split(', '));
  const walked = [...findings.called, ...findings.unsupported].map(
    (name) => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`,
  );
  assert.deepEqual(walked.toSorted(), names.toSorted(), 'operations that were not called');
  assert.deepEqual(
    {
      unsupported: sorted(findings.unsupported),
      unknownMembers: sorted(findings.unknownMembers),
      unsetMembers: language.unsetMembers === null ? null : sorted(findings.unsetMembers),
    },
    {
      unsupported: language.unsupported.toSorted(),
      unknownMembers: language.unknownMembers.toSorted(),
      unsetMembers: language.unsetMembers?.toSorted() ?? null,
    },
  );
  await showDoor(t, program, start);
}

/** What SDKs show of the door: projects that they look up, keys that are refused (cdm.md §2). */
async function showDoor(
  t: TestContext,
  { server, key, projectId, clusterId }: CdmProgram,
  start: StartDriver,
): Promise<void> {
  const { url } = server;
  const other = new Caller(start([url, key.id, key.secret, regions.other]));
  const [cluster = {}] = rows(await other.call('ListClusters', {}), 'clusters');
  assert.equal(cluster['name'], 'cdm-default');
  assert.notEqual(cluster['id'], clusterId);
  await other.refused('ShowClusterDetail', { cluster_id: clusterId }, 'Cdm.0201', 404);
  // Only the SDK for Node makes a project where there is none.
  const nowhere = new Caller(start([url, key.id, key.secret, regions.empty]));
  await assert.rejects(nowhere.call('ListClusters', {}), /get project id/);

  const refused = (by: PrintedKey, code: string, status: number, project = projectId) =>
    new Caller(start([url, by.id, by.secret, region, project])).refused(
      'ListClusters',
      {},
      code,
      status,
    );
  const nobody = await createKey(t, server.dataDir, ['--user', 'nobody']);
  await refused(nobody, 'Cdm.0032', 403);
  await refused({ id: 'STRANGER', secret: 'x' }, 'APIGW.0301', 401);
  await refused({ id: key.id, secret: 'x' }, 'APIGW.0301', 401);
  await refused(key, 'APIGW.0302', 403, '0'.repeat(32));
}

/** The link that jobs write to: PostgreSQL where there is one. */
async function targetLink(
  t: TestContext,
  language: string,
): Promise<{ readonly link: object; readonly schema: string }> {
  const missing = missingPostgres();
  if (missing !== null) {
    t.diagnostic(`${missing}; jobs write to SQLite instead`);
    return { link: sqliteLink(links.to, 'warehouse.db'), schema: 'main' };
  }
  const postgres = await testPostgres();
  t.after(() => postgres.stop());
  const database = `cdm_${language.toLowerCase()}_${process.pid}`;
  const folder = new URL(await postgres.database(database)).searchParams.get('host') ?? '';
  return { link: postgresLink(links.to, folder, database), schema: 'public' };
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...names].toSorted();
}
