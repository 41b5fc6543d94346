import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readQuery } from '../../../../../src/dialects/cdm/translate/query.ts';

const good = [
  'select 1',
  '  SELECT a, "update", `delete` from t where x = \'-- no; comment /* */\' ;',
  "select * from a join (select max(update_time) from b) c on a.id = c.id where n = 'it''s; drop'",
  '(select 1) union all (select 2)',
  "select replace(name, 'a', 'b') from \"create\"",
];
for (const sql of good) {
  test(`${sql.slice(0, 40)} is read`, () => {
    for (const escapes of [true, false]) {
      const read = readQuery(sql, escapes);
      assert.ok('sql' in read, JSON.stringify(read));
      assert.equal(read.sql, sql.trim().replace(/\s*;$/, ''));
    }
  });
}

const bad: readonly [string, RegExp][] = [
  ['with x as (select 1) select * from x', /begin with SELECT/],
  ['update t set a = 1', /begin with SELECT/],
  ['select 1; select 2', /one statement/],
  ['select 1 -- x', /comments/],
  ['select /* x */ 1', /comments/],
  ["select 1 into outfile '/tmp/x'", /only read.*INTO/],
  ['select 1 for update', /only read.*UPDATE/],
  ['select (delete from t returning 1)', /only read.*DELETE/],
  ['', /begin with SELECT/],
];
for (const [sql, problem] of bad) {
  test(`${sql.slice(0, 40)} is refused`, () => {
    for (const escapes of [true, false]) {
      const read = readQuery(sql, escapes);
      assert.ok('problem' in read);
      assert.match(read.problem, problem);
    }
  });
}

test('a backslash before a quote ends no text in MySQL, and does elsewhere', () => {
  const hidden = String.raw`select '\') x; drop table t; select ('`;
  assert.ok('sql' in readQuery(String.raw`select 'it\'s; so' from t`, true));
  assert.ok('sql' in readQuery(String.raw`select "it\"s; so" from t`, true));
  assert.ok('sql' in readQuery(String.raw`select 'c:\' from t`, false));
  assert.ok('problem' in readQuery(hidden, false));
  for (const sql of [
    String.raw`select E'\''; drop table t; select '`,
    "select $$'$$; drop table t; select $$'$$",
    "select $x$ ' $x$; drop table t; select $x$ ' $x$",
  ]) {
    assert.ok('problem' in readQuery(sql, false), sql);
  }
  assert.ok('sql' in readQuery('select $$one; -- two$$, $1$ from t', false));
});

test('no text hangs or throws', () => {
  const piece = fc.oneof(
    fc.constantFrom("'", '"', '$', '$a$', " E'", '`', '\\', ';', '--', '/*', 'select ', ' into '),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      readQuery(pieces.join(''), true);
      readQuery(pieces.join(''), false);
    }),
  );
  for (const mark of ["'", '"', '$', '\\']) {
    readQuery(`select ${mark.repeat(100_001)}`, true);
    readQuery(`select ${mark.repeat(100_001)}`, false);
  }
});
