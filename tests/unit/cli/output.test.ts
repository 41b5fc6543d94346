import assert from 'node:assert/strict';
import { test } from 'node:test';
import { span, table, when } from '../../../src/cli/output.ts';

test('a table has its columns under each other and no trailing blanks', () => {
  const text = table(
    ['NAME', 'STATE'],
    [
      ['a', 'running'],
      ['longer', null],
    ],
  );
  assert.deepEqual(text.split('\n'), ['NAME    STATE', 'a       running', 'longer']);
});

test('times and spans that have not come are empty', () => {
  assert.equal(when(null), '');
  assert.match(when(0), /^(1970-01-01|1969-12-31) \d\d:\d\d:\d\d$/);
  assert.equal(span(1000, 2250), '1.25 s');
  assert.equal(span(1000, null), '');
});
