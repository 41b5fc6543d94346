import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { controlsAsTheyAre } from '../../../../src/connectors/postgres/copy-bytes.ts';
import {
  csvAsText,
  isPlain,
  recordOfLine,
} from '../../../../src/connectors/postgres/csv-batches.ts';
import type { ColumnType } from '../../../../src/domain/transfer/columns.ts';
import { decodeRow, encodeRow } from '../../../../src/lib/rows/text.ts';

const csv = {
  kind: 'csv',
  separator: ',',
  quoted: true,
  lineEnd: '\n',
} as const;

function column(kind: 'text' | 'int32') {
  const type: ColumnType = { kind };
  return { name: 'c', type, nullable: true, nativeType: kind, comment: '', keyPosition: 0 };
}

test('control characters that COPY escapes are made themselves, nothing else changes', () => {
  const texts = fc.array(
    fc.option(
      fc.string({ unit: fc.constantFrom('\\', 'b', 'f', 'v', '\b', '\f', '\v', '\t', '\n', 'x') }),
    ),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(texts, (fields) => {
      const ours = encodeRow(fields);
      const theirs = Buffer.from(
        ours.toString().replaceAll('\b', '\\b').replaceAll('\f', '\\f').replaceAll('\v', '\\v'),
      );
      const repaired = controlsAsTheyAre(theirs);
      assert.deepEqual(repaired, ours);
      assert.deepEqual(decodeRow(repaired, 0, repaired.length), fields);
    }),
  );
});

test('records that COPY would read differently take the long way', () => {
  assert.ok(isPlain(Buffer.from('1,"a\nb"\n'), csv));
  for (const text of ['1,\\N\n', '\\.\n']) assert.ok(!isPlain(Buffer.from(text), csv), text);
  assert.ok(!isPlain(Buffer.from('1,\x01\n'), { ...csv, quoted: false }));
  const columns = [column('int32'), column('text')];
  const records = Buffer.from('\\N,\\N\n"",""\n,\n1,"a\tb"\n2,"\\N"\n');
  assert.equal(
    Buffer.from(csvAsText(records, csv, columns)).toString(),
    '\\N\t\\N\n\\N\t\n\\N\t\\N\n1\ta\\tb\n2\t\\\\N\n',
  );
  assert.equal(
    Buffer.from(csvAsText(records, { ...csv, empties: 'by-type' }, columns)).toString(),
    '\\N\t\\N\n\\N\t\n\\N\t\n1\ta\\tb\n2\t\\\\N\n',
  );
});

test('a line that COPY tells is found among records with lines within quotes', () => {
  const bytes = Buffer.from('1,a\n2,"b\nc\nd"\n3,"e""\n"\n4,f\n');
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7].map((line) => recordOfLine(bytes, line, csv)),
    [0, 1, 1, 1, 2, 2, 3],
  );
  const crlf = Buffer.from('1\r\n2\r\n');
  assert.equal(recordOfLine(crlf, 2, { ...csv, lineEnd: '\r\n' }), 1);
});
