import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  externalIdOf,
  SubmissionIds,
  submissionIdOf,
} from '../../../../src/dialects/cdm/submission-ids.ts';
import { createSqliteStore } from '../../../../src/stores/sqlite/store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('ids ascend, are never given twice, and go on after a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const store = createSqliteStore({ path: `${folder}/store.db` });
  await store.open();
  const seen: number[] = [];
  for (let life = 0; life < 2; life += 1) {
    const ids = new SubmissionIds();
    await ids.open(store);
    for (let turn = 0; turn < 5; turn += 1) {
      for (let count = 0; count < 400; count += 1) seen.push(submissionIdOf(ids.next()));
      await ids.ready(store);
      // Numbers that are being fetched come with the store's next turn.
      await store.takeNumbers('other', 1);
    }
  }
  await store.close();
  assert.equal(seen[0], 1);
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
});

test('without numbers none is made up', () => {
  assert.throws(() => new SubmissionIds().next(), /being fetched/);
});

test('runs of other APIs have numbers of their own, always the same', () => {
  const number = submissionIdOf('manual-6f7c');
  assert.equal(number, submissionIdOf('manual-6f7c'));
  assert.ok(Number.isInteger(number) && number >= 2 ** 30 && number < 2 ** 31);
  assert.equal(submissionIdOf('cdm-42'), 42);
  assert.match(externalIdOf('cdm-42'), /^job_local\d{10}_0042$/);
});
