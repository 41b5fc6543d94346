import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generatedPages, stalePages } from '../../../scripts/docs.ts';

test('generated pages are what the code says', () => {
  assert.deepEqual(stalePages(), [], 'run: npm run docs');
});

test('the coverage page names every parameter of CreateJob with its effect', () => {
  const page = generatedPages['docs/dialects/sae.md']?.() ?? '';
  for (const name of ['AppName', 'Replicas', 'TriggerConfig', 'OssAkSecret']) {
    assert.match(
      page,
      new RegExp(`\\| \`${name}\` \\| \\w+ \\| (yes)? *\\| (acts|stored|refused) \\|`),
    );
  }
});
