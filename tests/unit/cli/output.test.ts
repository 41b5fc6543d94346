import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, table } from '../../../src/cli/output.ts';

test('what others named cannot steer the terminal', () => {
  assert.equal(printable('a\u001b[31mred\u0007\tb\n'), 'a\\x1b[31mred\\x07\tb\n');
});

test('a table has a head, aligned columns and nothing else', () => {
  assert.equal(
    table(
      ['A', 'LONG'],
      [
        ['x', 1],
        ['yy', null],
      ],
    ),
    'A   LONG\nx   1\nyy',
  );
});
