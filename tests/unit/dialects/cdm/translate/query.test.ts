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
    const read = readQuery(sql);
    assert.ok('sql' in read, JSON.stringify(read));
    assert.equal(read.sql, sql.trim().replace(/\s*;$/, ''));
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
    const read = readQuery(sql);
    assert.ok('problem' in read);
    assert.match(read.problem, problem);
  });
}

test('no text hangs or throws', () => {
  const piece = fc.oneof(
    fc.constantFrom("'", '"', '`', '\\', ';', '--', '/*', 'select ', ' into '),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      readQuery(pieces.join(''));
    }),
  );
  readQuery(`select ${"'".repeat(100_001)}`);
});
