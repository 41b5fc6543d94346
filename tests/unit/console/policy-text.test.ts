/** Where a policy's text is wrong: as the editor of the console tells it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonFault } from '../../../console/src/pages/access/json-fault.ts';
import { lineAndColumn, locate } from '../../../console/src/pages/access/locate.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place where a text stops being JSON', () => {
  it('is none exactly when it is JSON', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 }))
      .map(([text, at, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken, fc.string()), (text) => {
        assert.equal(jsonFault(text) === null, isJson(text), text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is where a person would look', () => {
    const places: readonly (readonly [string, number])[] = [
      ['', 0],
      ['{"a": }', 6],
      ['{"a": 1,}', 8],
      ['{"a" 1}', 5],
      ['[1 2]', 3],
      ['{"a": "b', 6],
      ['{} x', 3],
      ["{'a': 1}", 1],
    ];
    for (const [text, at] of places) assert.equal(jsonFault(text), at, text);
  });

  it('does not follow a text without end', () => {
    assert.equal(jsonFault('['.repeat(100_000)), 101);
  });
});

describe('the place of a part', () => {
  const text = JSON.stringify(
    {
      Version: '1',
      'a.b': [1],
      Statement: [
        { Effect: 'Allow', Action: ['x', 'y"]}'] },
        { Effect: 'Deny', Condition: { IpAddress: { 'acs:SourceIp': ['10.0.0.0/8'] } } },
      ],
    },
    null,
    2,
  );
  const at = (path: string): string => {
    const place = locate(text, path);
    return place === null ? '' : text.slice(place.from, place.to);
  };

  it('is the member with its value', () => {
    assert.equal(at('Version'), '"Version": "1"');
    assert.equal(at('Statement[1].Effect'), '"Effect": "Deny"');
    assert.equal(at('a.b[0]'), '1');
    assert.equal(
      at('Statement[1].Condition.IpAddress.acs:SourceIp').replaceAll(/\s/g, ''),
      '"acs:SourceIp":["10.0.0.0/8"]',
    );
  });

  it('of what is missing is what it would be in', () => {
    assert.match(at('Statement[1].Resource'), /^\{\s+"Effect": "Deny"/);
    assert.match(at('Statement[7].Effect'), /^\[/);
    assert.equal(at('policy'), text);
  });

  it('is none in what is no JSON, and counts lines from 1', () => {
    assert.equal(locate('{', 'a'), null);
    assert.deepEqual(lineAndColumn('a\nbc', 3), { line: 2, column: 2 });
    assert.deepEqual(lineAndColumn('', 0), { line: 1, column: 1 });
  });
});
