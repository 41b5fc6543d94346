import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../../src/dialects/native/nearest.ts';

test('the nearest name is suggested, and nothing when none is near', () => {
  const names = ['nightly', 'hourly', 'listen.port'];
  assert.equal(nearest('nightli', names), 'nightly');
  assert.equal(nearest('Hourly', names), 'hourly');
  assert.equal(nearest('listen.prot', names), 'listen.port');
  assert.equal(nearest('billing', names), null);
  assert.equal(nearest('x', []), null);
  assert.equal(nearest('a'.repeat(100_000), names), null, 'long words cost no more');
});
