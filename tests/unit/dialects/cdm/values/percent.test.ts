import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodePercent,
  encodePercent,
  protectPercent,
} from '../../../../../src/dialects/cdm/values/percent.ts';

test('escapes that are UTF-8 are decoded, all else stays', () => {
  assert.equal(decodePercent('%01'), '\u0001');
  assert.equal(decodePercent('%25'), '%');
  assert.equal(decodePercent('%2520%25'), '%20%');
  assert.equal(decodePercent('100% sure, 5%x'), '100% sure, 5%x');
  assert.equal(decodePercent('a+b'), 'a+b');
  assert.equal(decodePercent('%E4%BD%A0好'), '你好');
  assert.equal(decodePercent('%E4%BD'), '%E4%BD');
  assert.equal(decodePercent('%FF%20'), '%FF%20');
  assert.equal(decodePercent('%EF%BB%BFx'), '\uFEFFx');
});

test('what is written reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(decodePercent(encodePercent(text)), text.toWellFormed());
      assert.equal(decodePercent(protectPercent(text)), text.toWellFormed());
    }),
  );
});

test('raw texts are escaped only where they would be read otherwise', () => {
  assert.equal(protectPercent('2023-01-01 00:00:00'), '2023-01-01 00:00:00');
  assert.equal(protectPercent('5%'), '5%');
  assert.equal(protectPercent('%20'), '%2520');
});

test('the set of encodeURIComponent is escaped', () => {
  assert.equal(encodePercent("a b&c/d:e'"), "a%20b%26c%2Fd%3Ae'");
  assert.equal(encodePercent('\ud800'), '%EF%BF%BD');
});
