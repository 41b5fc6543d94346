import assert from 'node:assert/strict';
import { copyFile, cp, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { collection, into, lines, logStore, mib, numbered, searchAll, target } from './support.ts';

const place = ['logstores', 'shop', 'orders'] as const;

async function segmentFiles(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, ...place));
  return names.filter((name) => name.endsWith('.log')).sort();
}

test('what was appended is there after a crash, with how far its source is', async (t) => {
  const folder = await temporaryFolder(t);
  const first = logStore(folder);
  await first.open();
  first.begin(collection());
  await first.append(target, collection(), lines(['a', 'b', 'c']), 5_000);
  await first.append(target, collection(), lines(['e'], 30, 'stderr'), 5_001);
  // Nothing is closed: a crash closes nothing either.
  const second = logStore(folder);
  assert.deepEqual(await second.open(), [collection()]);
  assert.deepEqual(await searchAll(second), ['a', 'b', 'c', 'e']);
  assert.equal(await second.progress(into, 'run.0.1', 'stdout'), 30);
  assert.equal(await second.progress(into, 'run.0.1', 'stderr'), 40);
  assert.equal(await second.progress(into, 'run.0.2', 'stdout'), 0);
  const page = await second.search(into, { ascending: true, limit: 1 });
  assert.deepEqual(page?.rows, [
    {
      id: page?.rows[0]?.id,
      atMs: 5_000,
      templateId: 'template-id',
      templateName: 'nightly',
      runId: 'run',
      index: 0,
      number: 1,
      source: 'stdout',
      text: 'a',
      continues: false,
      missedBytes: 0,
    },
  ]);
});

test('a crash at any byte of the last lines: whole lines stay, collecting goes on behind them', async (t) => {
  const folder = await temporaryFolder(t);
  const whole = logStore(folder);
  await whole.open();
  whole.begin(collection());
  await whole.append(target, collection(), lines(['äpfel', 'zwei', 'drei']), 5_000);
  const [name = ''] = await segmentFiles(folder);
  const bytes = await readFile(join(folder, ...place, name));
  const text = bytes.toString('utf8');
  const ends = [...text.matchAll(/\n/g)].map(({ index }) =>
    Buffer.byteLength(text.slice(0, index + 1)),
  );
  const [headEnd = 0] = ends;
  const broken = await temporaryFolder(t);
  await cp(join(folder, 'logstores'), join(broken, 'logstores'), { recursive: true });
  for (let size = 0; size <= bytes.length; size += 1) {
    await copyFile(join(folder, ...place, name), join(broken, ...place, name));
    await truncate(join(broken, ...place, name), size);
    const kept = size < headEnd ? 0 : ends.filter((end) => end <= size).length - 1;
    const logs = logStore(broken);
    await logs.open();
    const offset = await logs.progress(into, 'run.0.1', 'stdout');
    assert.equal(offset, kept * 10, `cut at ${size}`);
    // The collector reads on from there.
    const rest = lines(['äpfel', 'zwei', 'drei', 'vier'], 0).slice(kept);
    await logs.append(target, collection(), rest, 5_001);
    assert.deepEqual(await searchAll(logs), ['äpfel', 'zwei', 'drei', 'vier'], `cut at ${size}`);
    const again = logStore(broken);
    await again.open();
    assert.deepEqual(await searchAll(again), ['äpfel', 'zwei', 'drei', 'vier'], `cut at ${size}`);
    assert.equal(await again.progress(into, 'run.0.1', 'stdout'), 40);
  }
});

test('bytes are bounded by removing the oldest segments; progress outlives its lines', async (t) => {
  const folder = await temporaryFolder(t);
  const logs = logStore(folder, { maxBytes: mib });
  await logs.open();
  const quiet = collection('quiet');
  const loud = collection('loud');
  logs.begin(quiet);
  logs.begin(loud);
  await logs.append(target, quiet, lines(['said once']), 5_000);
  for (let round = 0; round < 40; round += 1) {
    const texts = numbered(100, round * 100, 1_000);
    await logs.append(target, loud, lines(texts, round * 1_000), 5_000 + round);
    const [info] = await logs.list();
    assert.ok((info?.bytes ?? 0) <= mib, `round ${round}: ${info?.bytes} bytes`);
  }
  const kept = await searchAll(logs);
  assert.ok(!kept.includes('said once'), 'the oldest lines went first');
  assert.equal(kept.at(-1), numbered(1, 3_999, 1_000)[0]);
  assert.ok(kept.length > 500, `${kept.length} lines are kept`);
  assert.ok((await segmentFiles(folder)).length > 4);
  assert.ok(logs.stats().removedBytes > 2 * mib);
  const next = logStore(folder, { maxBytes: mib });
  assert.equal((await next.open()).length, 2);
  assert.equal(await next.progress(into, 'quiet.0.1', 'stdout'), 10, 'though its line is gone');
  assert.equal(await next.progress(into, 'loud.0.1', 'stdout'), 40_000);
  assert.deepEqual(await searchAll(next), kept);
});

test('age is bounded, also where a line comes now and then', async (t) => {
  const folder = await temporaryFolder(t);
  const maxAgeMs = 80_000;
  const logs = logStore(folder, { maxAgeMs });
  await logs.open();
  logs.begin(collection());
  for (let minute = 0; minute < 10; minute += 1) {
    const nowMs = minute * 60_000;
    await logs.append(target, collection(), lines([`minute ${minute}`], minute * 10), nowMs);
    await logs.retain(nowMs);
  }
  assert.deepEqual(await searchAll(logs), ['minute 8', 'minute 9']);
  await logs.retain(10 * 60_000 + maxAgeMs);
  assert.deepEqual(await searchAll(logs), []);
  assert.equal((await segmentFiles(folder)).length, 1, 'only the head with the progress');
  assert.equal(await logs.progress(into, 'run.0.1', 'stdout'), 100);
  const [info] = await logs.list();
  assert.deepEqual([info?.oldestMs, info?.newestMs], [null, null]);
});

test('a clock that steps back keeps lines in their order and their times true', async (t) => {
  const folder = await temporaryFolder(t);
  const logs = logStore(folder);
  await logs.open();
  await logs.append(target, collection(), lines(['late']), 100_000);
  await logs.append(target, collection(), lines(['a moment back'], 10), 99_500);
  await logs.append(target, collection(), lines(['hours back'], 20), 10_000);
  const page = await logs.search(into, { ascending: true, limit: 10 });
  assert.deepEqual(
    page?.rows.map(({ text, atMs }) => [text, atMs]),
    [
      ['late', 100_000],
      ['a moment back', 100_000],
      ['hours back', 10_000],
    ],
  );
  assert.deepEqual(await searchAll(logs, { fromMs: 100_000 }), ['late', 'a moment back']);
  assert.deepEqual(await searchAll(logs, { toMs: 100_000 }), ['hours back']);
});
