import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { LogQuery, LogStore } from '../../../../src/ports/log-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import {
  collection,
  into,
  lines,
  logStore,
  mib,
  numbered,
  searchAll,
  target,
  textsOf,
} from './support.ts';

suite('searching a log store of several segments', () => {
  const texts = numbered(3_000, 0, 200);
  let logs: LogStore;
  const cleanups: (() => void | Promise<void>)[] = [];

  before(async () => {
    const folder = await temporaryFolder({ after: (task) => void cleanups.push(task) });
    // Segments of 64 KiB and more: about 13 of them.
    logs = logStore(folder, { maxBytes: 4 * mib });
    await logs.open();
    for (let from = 0; from < texts.length; from += 100) {
      const part = lines(texts.slice(from, from + 100), from * 10);
      const of = from < 1_500 ? collection('first') : collection('second', { templateName: 'B' });
      await logs.append(target, of, part, 1_000 + from);
    }
  });

  after(async () => {
    for (const task of cleanups) await task();
  });

  test('pages meet without a gap, in both directions, whatever their size', async () => {
    for (const limit of [7, 100, 500]) {
      assert.deepEqual(await searchAll(logs, { limit }), texts);
      const back = await searchAll(logs, { limit, ascending: false });
      assert.deepEqual(back, texts.toReversed());
    }
  });

  test('lines are found by text of any case, run, template and time', async () => {
    const find = (query: Partial<LogQuery>) => searchAll(logs, query);
    assert.equal((await find({ contains: 'LINE 77 ' })).length, 1);
    assert.deepEqual(await find({ contains: 'no such line' }), []);
    assert.deepEqual(await find({ runId: 'second' }), texts.slice(1_500));
    assert.deepEqual(await find({ runId: 'secon' }), []);
    assert.deepEqual(await find({ template: 'B' }), texts.slice(1_500));
    assert.deepEqual(await find({ template: 'template-id' }), texts);
    assert.deepEqual(await find({ fromMs: 2_000, toMs: 2_200 }), texts.slice(1_000, 1_200));
    const back = await find({ fromMs: 2_000, toMs: 2_200, ascending: false });
    assert.deepEqual(back, texts.slice(1_000, 1_200).toReversed());
  });

  test('oldest first, a cursor goes on with what came meanwhile; so does the end of any answer', async () => {
    const of = collection('later');
    const seen = await logs.search(into, { ascending: true, limit: 500, runId: 'later' });
    const newest = await logs.search(into, { ascending: false, limit: 1 });
    await logs.append(target, of, lines(['one', 'two']), 9_000);
    for (const cursor of [seen?.cursor, newest?.end]) {
      const page = await logs.search(into, { ascending: true, limit: 10, cursor: cursor ?? '' });
      assert.deepEqual(textsOf(page), ['one', 'two']);
      assert.equal(page?.more, false);
    }
  });

  test('what is no cursor is refused; one that points into a line gives whole lines', async () => {
    for (const cursor of ['', 'x', '1', '1.-2', '1.2.3', '9'.repeat(40)]) {
      await assert.rejects(logs.search(into, { ascending: true, limit: 1, cursor }), {
        code: 'invalid-argument',
      });
    }
    const page = await logs.search(into, { ascending: true, limit: 1, cursor: '1.20' });
    assert.deepEqual(textsOf(page), [texts[1]]);
    const earlier = await logs.search(into, { ascending: false, limit: 1, cursor: '1.300' });
    assert.equal(earlier?.rows.length, 0);
    assert.equal(
      await logs.search({ project: 'shop', logstore: 'none' }, { ascending: true, limit: 1 }),
      null,
    );
  });
});

test('one call looks through a bounded part and says where to go on', async (t) => {
  const logs = logStore(await temporaryFolder(t));
  await logs.open();
  const filler = numbered(1_000, 0, 16_000);
  await logs.append(target, collection(), lines(['the needle']), 1_000);
  for (let round = 0; round < 2; round += 1) {
    await logs.append(target, collection(), lines(filler, 10), 1_001);
  }
  const first = await logs.search(into, { ascending: false, limit: 10, contains: 'needle' });
  assert.deepEqual([first?.rows.length, first?.more], [0, true]);
  const query = { contains: 'needle', ascending: false };
  assert.deepEqual(await searchAll(logs, query), ['the needle']);
  // Answers are bounded in bytes too.
  const much = await logs.search(into, { ascending: true, limit: 500 });
  assert.ok((much?.rows.length ?? 0) < 100, `${much?.rows.length} lines of 16 kB`);
  assert.equal(much?.more, true);
});

test('searches wait for their turn, and too many are refused', async (t) => {
  const logs = logStore(await temporaryFolder(t));
  await logs.open();
  await logs.append(target, collection(), lines(['here']), 1_000);
  const answers = await Promise.allSettled(
    Array.from({ length: 100 }, () => logs.search(into, { ascending: true, limit: 1 })),
  );
  const refused = answers.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 100 - 66);
  for (const answer of refused) {
    assert.equal(answer.status === 'rejected' && answer.reason.code, 'unavailable');
  }
  assert.deepEqual(await searchAll(logs), ['here'], 'afterwards it answers as before');
});
