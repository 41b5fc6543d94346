import assert from 'node:assert/strict';
import { sqliteLink, values } from '../../dialects/cdm/program.ts';
import { at, type Caller, type Fields, rows } from './caller.ts';
import { jdbc, nas } from './words.ts';

/** Links of the jobs here. */
export const links = { from: 'shop 店', to: 'warehouse', files: 'files' } as const;

const valueOf = (typed: Fields, name: string): unknown =>
  rows(typed, 'links.0.link-config-values.configs.0.inputs').find(
    (input) => input['name'] === name,
  )?.['value'];

/** Making, testing, showing and renaming (cdm.md §3.13). `target`: the link that jobs write to. */
export async function makeLinks(caller: Caller, cluster_id: string, target: object): Promise<void> {
  const body = (...made: object[]): Fields => ({ links: made });
  const unreachable = {
    name: 'nowhere',
    'connector-name': jdbc,
    'link-config-values': values({
      'linkConfig.databaseType': 'MYSQL',
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': '1',
      'linkConfig.database': 'shop',
      'linkConfig.username': 'ann',
      'linkConfig.password': 'geheim 42',
    }),
  };
  const create = { cluster_id, body: body(unreachable) };
  // The connection is tested; the SDKs see the code and the text of what went wrong.
  await caller.refused('CreateLink', create, 'Cdm.0901', 500, /127\.0\.0\.1/);
  await caller.refused('CreateLink', { ...create, validate: 'true' }, 'Cdm.0901', 500);
  await caller.refused(
    'CreateLink',
    { cluster_id, body: body({ ...unreachable, 'connector-name': 'no-connector' }) },
    'Cdm.0102',
    400,
  );
  const plain = sqliteLink(links.from, 'shop 店.db') as { readonly 'link-config-values': Fields };
  const configs = rows(plain['link-config-values'], 'configs').map((config) => ({
    ...config,
    id: 7,
    type: 'LINK',
    inputs: rows(config, 'inputs').map((input) => ({ ...input, type: 'STRING' })),
  }));
  // {}, as the service writes it.
  const extended = { name: 'linkConfig.extendedFields', value: 'e30=' };
  const marked = { configs, 'extended-configs': extended, validators: [] };
  const shop = { ...plain, 'link-config-values': marked };
  const checked = await caller.call('CreateLink', {
    cluster_id,
    validate: 'true',
    body: body(shop),
  });
  assert.equal(at(checked, 'name'), links.from);
  await caller.refused('ShowLink', { cluster_id, link_name: links.from }, 'Cdm.0101', 404);
  for (const link of [shop, target]) {
    const made = await caller.call('CreateLink', { cluster_id, body: body(link) });
    assert.deepEqual(rows(made, 'validation-result').length, 1);
  }
  // What has no effect here is told, and kept.
  const files = {
    name: links.files,
    'connector-name': nas,
    'link-config-values': values({
      'linkConfig.protocol': 'NFS',
      'linkConfig.server': 'local:files',
      'linkConfig.username': 'ann',
    }),
  };
  const noted = await caller.call('CreateLink', { cluster_id, body: body(files) });
  const findings = rows(noted, 'validation-result.0.linkConfig');
  assert.deepEqual(
    findings.map(({ status }) => status),
    ['WARNING'],
  );
  await caller.refused('CreateLink', { cluster_id, body: body(shop) }, 'Cdm.0315', 400);

  const shown = await caller.call('ShowLink', { cluster_id, link_name: links.from });
  assert.equal(at(shown, 'links.0.name'), links.from);
  assert.equal(at(shown, 'links.0.enabled'), true);
  assert.equal(at(shown, 'links.0.creation-user'), 'tester');
  assert.ok(Number(at(shown, 'links.0.creation-date')) > 1_700_000_000_000);
  assert.equal(decodeURIComponent(String(valueOf(shown, 'linkConfig.database'))), 'shop 店.db');
  const all = rows(await caller.call('ShowLink', { cluster_id, link_name: 'all' }), 'links');
  assert.deepEqual(all.map(({ name }) => name).toSorted(), Object.values(links).toSorted());

  // What was shown is sent back through the SDK's own types, under another name.
  const [link = {}] = rows(
    await caller.call('ShowLink', { cluster_id, link_name: links.files }),
    'links',
  );
  const renamed = { ...link, name: 'share two' };
  await caller.call('UpdateLink', { cluster_id, link_name: links.files, body: body(renamed) });
  await caller.refused('ShowLink', { cluster_id, link_name: links.files }, 'Cdm.0101', 404);
  await caller.call('UpdateLink', { cluster_id, link_name: 'share two', body: body(link) });
  const back = await caller.call('ShowLink', { cluster_id, link_name: links.files });
  assert.equal(at(back, 'links.0.connector-name'), nas);
  assert.equal(valueOf(back, 'linkConfig.server'), 'local%3Afiles');
  const missing = { cluster_id, link_name: 'nobody', body: body(shop) };
  await caller.refused('UpdateLink', missing, 'Cdm.0316', 400);
}

/** Deleting: first refused while jobs use them. */
export async function deleteLinks(caller: Caller, cluster_id: string): Promise<void> {
  for (const link_name of Object.values(links)) {
    await caller.call('DeleteLink', { cluster_id, link_name });
    await caller.refused('ShowLink', { cluster_id, link_name }, 'Cdm.0101', 404);
  }
  await caller.refused('DeleteLink', { cluster_id, link_name: links.to }, 'Cdm.0101', 404);
}
