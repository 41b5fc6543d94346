import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDefinition } from '../../../../src/dialects/native/data-jobs/definition-schema.ts';
import {
  readLinkOptions,
  secretsOf,
  shownOptions,
} from '../../../../src/dialects/native/data-jobs/link-options.ts';
import { ShapeFaultError } from '../../../../src/dialects/native/problem.ts';

const smallest = {
  from: { kind: 'tables', link: 'a', table: 'orders' },
  to: { kind: 'files', link: 'b', directory: 'out', format: { kind: 'csv' } },
};

function faultsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ShapeFaultError, String(error));
    return error.faults.map(({ path }) => path);
  }
  return [];
}

test('what is left out of a definition is filled in, at every depth', () => {
  const read = readDefinition(smallest, 'job');
  assert.equal(read.name, 'job');
  assert.deepEqual(read.throttle, { bytesPerSecond: null, rowsPerSecond: null });
  assert.deepEqual(read.dirtyRows, {
    tolerate: false,
    maxPerShard: 10_000,
    maxPercent: null,
    copyTo: null,
  });
  assert.equal(read.proof, 'checksums');
  assert.ok(read.to.kind === 'files' && read.to.format.kind === 'csv');
  assert.deepEqual(read.to.format.lineBreaks, { policy: 'keep' });
  assert.deepEqual(read.to.md5, { check: false, record: false });
  // Complete already: reading it again changes nothing.
  const { name, ...sent } = read;
  assert.deepEqual(readDefinition(sent, name), read);
});

test('defaults are no shared objects', () => {
  const [one, two] = [readDefinition(smallest, 'a'), readDefinition(smallest, 'b')];
  assert.notEqual(one.retryDelaysMs, two.retryDelaysMs);
});

for (const [what, change, path] of [
  ['no source', { from: undefined }, ['definition/from']],
  ['an unknown kind', { from: { kind: 'mails', link: 'a' } }, ['definition/from/kind']],
  ['an unknown member', { fro: 1 }, ['definition/fro']],
  ['a member of another kind', { from: { ...smallest.from, sql: 'x' } }, ['definition/from/sql']],
  ['a wrong enumeration', { proof: 'maybe' }, ['definition/proof']],
  ['too few extractors', { extractors: 0 }, ['definition/extractors']],
  ['a text for a list', { from: { ...smallest.from, columns: 'a' } }, ['definition/from/columns']],
  ['a row of converters', { converters: [{ column: 'a' }] }, ['definition/converters/0/type']],
  [
    'a replacement without its text',
    { to: { ...smallest.to, format: { kind: 'csv', lineBreaks: { policy: 'replace' } } } },
    ['definition/to/format/lineBreaks/by'],
  ],
  ['null', { to: null }, ['definition/to']],
] as const) {
  test(`${what} is refused where it stands`, () => {
    assert.deepEqual(
      faultsOf(() => readDefinition({ ...smallest, ...change }, 'job')),
      path,
    );
  });
}

test('names of the language itself are no members', () => {
  const sent = JSON.parse('{"kind":"sqlite","file":"a.db","__proto__":{"x":1}}') as unknown;
  assert.deepEqual(
    faultsOf(() => readLinkOptions(sent, null)),
    ['options/__proto__'],
  );
  assert.deepEqual(
    faultsOf(() => readLinkOptions({ kind: 'constructor' }, null)),
    ['options/kind'],
  );
});

const link = { kind: 'postgres', hosts: ['h'], user: 'me', password: 'hunter2', database: 'shop' };

test('secrets are told by name only', () => {
  const options = readLinkOptions(link, null);
  assert.ok(!JSON.stringify(shownOptions(options)).includes('hunter2'));
  assert.ok(!('password' in shownOptions(options)));
  assert.deepEqual(secretsOf(options), ['password']);
  const files = { kind: 's3', endpoint: 'https://s', accessKeyId: 'k', secretAccessKey: 'hunter2' };
  const warehouse = readLinkOptions({ kind: 'warehouse', files, bucket: 'b' }, null);
  assert.ok(!JSON.stringify(shownOptions(warehouse)).includes('hunter2'));
  assert.deepEqual(secretsOf(warehouse), ['secretAccessKey']);
});

test('a secret that is left out stays, unless the link leads elsewhere or as another', () => {
  const { password: _, ...sent } = link;
  const current = readLinkOptions(link, null);
  const kept = readLinkOptions({ ...sent, database: 'other' }, current);
  assert.ok(kept.kind === 'postgres' && kept.password === 'hunter2' && kept.database === 'other');
  for (const change of [{ hosts: ['mine'] }, { port: 1 }, { user: 'you' }, { tls: 'off' }]) {
    assert.throws(() => readLinkOptions({ ...sent, ...change }, current), {
      name: 'DomainError',
      message: /send password/,
    });
  }
  const emptied = readLinkOptions({ ...link, password: '' }, current);
  assert.deepEqual(secretsOf(emptied), []);
  const local = readLinkOptions({ kind: 'local', share: 's' }, current);
  assert.deepEqual(secretsOf(local), []);
  assert.throws(
    () => readLinkOptions({ ...sent, kind: 'mysql' }, current),
    { message: /send password/ },
    'the same secret is not taken to a server of another kind',
  );
});

test('files of SQLite links stay below their folder', () => {
  for (const file of ['/etc/x', '../x', 'a/../../x', 'a/..', '']) {
    assert.deepEqual(
      faultsOf(() => readLinkOptions({ kind: 'sqlite', file }, null)).slice(0, 1),
      ['options/file'],
      file,
    );
  }
  assert.doesNotThrow(() => readLinkOptions({ kind: 'sqlite', file: 'a/b..c.db' }, null));
});
