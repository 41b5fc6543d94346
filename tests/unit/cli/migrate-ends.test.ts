import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionsOfAddress } from '../../../src/cli/commands/links-address.ts';
import { readEnd, sourceOf, targetOf } from '../../../src/cli/commands/migrate-ends.ts';

const from = (text: string, kind: string, flags: Parameters<typeof sourceOf>[2] = {}) =>
  sourceOf(readEnd(text), kind, flags);
const to = (text: string, kind: string, flags: Parameters<typeof targetOf>[2] = {}) =>
  targetOf(readEnd(text), kind, flags);

test('tables of databases: schema, name, or all of them', () => {
  const named = from('pg:public.orders', 'postgres', { where: 'id > 5', columns: 'id, name' });
  assert.deepEqual(named, {
    kind: 'tables',
    link: 'pg',
    schema: 'public',
    table: 'orders',
    wholeDatabase: false,
    columns: ['id', 'name'],
    where: 'id > 5',
  });
  for (const all of ['pg:', 'pg', 'pg:*']) {
    assert.equal(from(all, 'postgres')['wholeDatabase'], true, all);
    assert.equal(to(all, 'postgres')['table'], '', all);
  }
  assert.equal(from('pg:public.*', 'postgres')['schema'], 'public');
  assert.equal(from('db:a.b', 'sqlite')['table'], 'a.b', 'SQLite has no schemas');
});

test('files tell their format and compression by their names', () => {
  const read = from('store:bucket/2026/a.csv.gz', 's3');
  assert.equal(read['bucket'], 'bucket');
  assert.deepEqual(read['paths'], ['2026/a.csv.gz']);
  assert.equal(read['compression'], 'gzip');
  assert.deepEqual(read['format'], { kind: 'csv', fieldSeparator: ',', headerLines: 1 });
  const tabs = from('x:a.tsv', 'local', { header: false });
  assert.deepEqual(tabs['format'], { kind: 'csv', fieldSeparator: '\t', headerLines: 0 });
  const written = to('x:out/orders.json.gz', 'local', { truncate: true });
  assert.deepEqual(
    [written['directory'], written['baseName'], written['compression'], written['clear']],
    ['out', 'orders', 'gzip', true],
  );
  const folder = to('x:out/', 'local');
  assert.deepEqual([folder['directory'], folder['baseName']], ['out/', null]);
});

for (const [what, act] of [
  ['no link', () => readEnd(':orders')],
  ['a query and a table', () => from('pg:orders', 'postgres', { query: 'select 1' })],
  ['a condition on files', () => from('x:a.csv', 'local', { where: 'id > 1' })],
  ['a file without a format', () => from('x:data', 'local')],
  ['a format that is none', () => from('x:data', 'local', { format: 'xml' })],
  ['an object store without a bucket', () => from('s:', 's3')],
  ['create and recreate', () => to('pg:t', 'postgres', { create: true, recreate: true })],
  ['two ways to clear', () => to('pg:t', 'postgres', { truncate: true, deleteWhere: 'x' })],
  ['an empty column', () => from('pg:t', 'postgres', { columns: 'a,,b' })],
  ['writing to http', () => to('web:x', 'http')],
  ['an address of no link', () => optionsOfAddress('gopher://x')],
  ['half an escape', () => optionsOfAddress('postgres://u:%@h/d')],
] as const) {
  test(`refuses ${what}`, () => {
    assert.throws(act, { name: 'CliError', exitCode: 2 });
  });
}

test('addresses become options; what follows ? are options by name', () => {
  assert.deepEqual(
    optionsOfAddress('postgres://me:p%40ss@db.example:5433/shop?schema=app&tls=require'),
    {
      kind: 'postgres',
      hosts: ['db.example'],
      port: 5433,
      database: 'shop',
      user: 'me',
      password: 'p@ss',
      defaultSchema: 'app',
      tls: 'require',
    },
  );
  const socket = optionsOfAddress(
    'postgres:///shop?host=/run/postgresql&host=b&user=me&batchRows=50',
  );
  assert.deepEqual(socket, {
    kind: 'postgres',
    hosts: ['/run/postgresql', 'b'],
    database: 'shop',
    user: 'me',
    batchRows: 50,
  });
  assert.deepEqual(optionsOfAddress('s3://AKID@minio.example:9000?tls=off&region=eu'), {
    kind: 's3',
    endpoint: 'http://minio.example:9000',
    accessKeyId: 'AKID',
    region: 'eu',
  });
  assert.deepEqual(optionsOfAddress('sqlite:a/b.db'), { kind: 'sqlite', file: 'a/b.db' });
  assert.equal(optionsOfAddress('ftps://u@h')['tls'], true);
});

test('a refused address shows no password', () => {
  assert.throws(
    () => optionsOfAddress('oracle://me:hunter2@host/db'),
    (error: Error) => !error.message.includes('hunter2') && error.message.includes('me:***@host'),
  );
});
