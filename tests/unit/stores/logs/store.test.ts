import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type LogStore,
  type LogStoreRef,
  matchesCollectedPath,
} from '../../../../src/ports/log-store.ts';
import { maxLogStoresPerTemplate } from '../../../../src/stores/logs/limits.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { collection, into, lines, logStore, searchAll, target } from './support.ts';

test('the journal knows what is unfinished after a crash at any byte, and does not grow', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'logstores', '.collecting');
  const logs = logStore(folder);
  assert.deepEqual(await logs.open(), []);
  for (let run = 0; run < 2_000; run += 1) {
    logs.begin(collection(`run-${run}`));
    if (run < 1_998) await logs.finish(collection(`run-${run}`));
  }
  assert.ok((await stat(file)).size < 1024 * 1024, 'finished ones are left out now and then');
  const last = [collection('run-1998'), collection('run-1999')];
  assert.deepEqual(await logStore(folder).open(), last);

  const whole = await readFile(file);
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let size = lastLine; size < whole.length; size += 1) {
    await writeFile(file, whole.subarray(0, size));
    const next = logStore(folder);
    const expected = size < whole.length - 1 ? last.slice(0, 1) : last;
    assert.deepEqual(await next.open(), expected, `cut at ${size}`);
    next.begin(collection('after'));
    assert.deepEqual(await logStore(folder).open(), [...expected, collection('after')]);
  }
});

test('what is finished is forgotten: its progress does not outlive a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const logs = logStore(folder);
  await logs.open();
  logs.begin(collection());
  await logs.append(target, collection(), lines(['a']), 1_000);
  await logs.finish(collection());
  assert.equal(await logs.progress(into, 'run.0.1', 'stdout'), 0);
  const next = logStore(folder);
  assert.deepEqual(await next.open(), []);
  assert.equal(await next.progress(into, 'run.0.1', 'stdout'), 0);
  assert.deepEqual(await searchAll(next), ['a']);
});

test('a removed log store is gone; what still collects into it goes on without doubling', async (t) => {
  const folder = await temporaryFolder(t);
  const logs = logStore(folder);
  await logs.open();
  logs.begin(collection());
  await logs.append(target, collection(), lines(['before']), 1_000);
  assert.equal(await logs.remove(into), true);
  assert.deepEqual(await searchAll(logs), []);
  const crashed = logStore(folder);
  await crashed.open();
  assert.equal(await crashed.progress(into, 'run.0.1', 'stdout'), 10, 'not collected again');
  await crashed.append(target, collection(), lines(['after'], 10), 1_001);
  assert.deepEqual(await searchAll(crashed), ['after']);

  await crashed.finish(collection());
  assert.equal(await crashed.remove(into), true);
  assert.deepEqual(await crashed.list(), []);
  assert.deepEqual(await readdir(join(folder, 'logstores')), ['.collecting']);
  assert.equal(await crashed.remove(into), false);
  await crashed.append(target, collection('new'), lines(['made anew']), 1_002);
  assert.deepEqual(await searchAll(crashed), ['made anew']);
});

test('removing and appending at the same time lose nothing that was appended later', async (t) => {
  const logs = logStore(await temporaryFolder(t));
  await logs.open();
  for (let round = 0; round < 50; round += 1) {
    const append = (text: string) => logs.append(target, collection(), lines([text]), 1_000);
    await append('before');
    await Promise.all([logs.remove(into), append('meanwhile')]);
    await append('after');
    const kept = await searchAll(logs);
    assert.equal(kept.at(-1), 'after', `round ${round}`);
    assert.ok(!kept.includes('before'), `round ${round}`);
    await logs.finish(collection());
    await logs.remove(into);
  }
});

test('one template makes a bounded number of log stores, its own and named ones', async (t) => {
  const folder = await temporaryFolder(t);
  const append = (logs: LogStore, logstore: string, templateId: string, ofTemplate: boolean) =>
    logs.append(
      { source: { kind: 'stdout' }, into: { project: 'p', logstore }, ofTemplate },
      collection('run', { templateId }),
      lines(['a']),
      1_000,
    );
  const first = logStore(folder);
  await first.open();
  for (let at = 0; at < maxLogStoresPerTemplate; at += 1) {
    await append(first, `s${at}`, 'greedy', at % 2 === 0);
  }
  // Also in the next life of the server.
  const logs = logStore(folder);
  await logs.open();
  const refused = { name: 'DomainError', code: 'catalog-quota-exceeded' };
  for (const ofTemplate of [true, false]) {
    await assert.rejects(append(logs, 'more', 'greedy', ofTemplate), refused);
  }
  await append(logs, 's1', 'greedy', false);
  await append(logs, 'more', 'modest', false);
  await append(logs, 'more', 'greedy', false);
  await logs.remove({ project: 'p', logstore: 's3' });
  await append(logs, 'another', 'greedy', false);
  assert.equal((await logs.list()).length, maxLogStoresPerTemplate + 1);
});

test('names stay in their folder, whatever they are', async (t) => {
  const folder = await temporaryFolder(t);
  const logs = logStore(folder);
  await logs.open();
  const names = ['..', '.', '.collecting', 'a/../../b', 'ä ö', '*', '~', 'x'.repeat(300), 'X/x'];
  const refs: LogStoreRef[] = names.map((name) => ({ project: name, logstore: name }));
  for (const ref of refs) {
    await logs.append({ ...target, into: ref }, collection(), lines([ref.project]), 1_000);
  }
  const next = logStore(folder);
  await next.open();
  for (const ref of refs) assert.deepEqual(await searchAll(next, {}, ref), [ref.project]);
  assert.deepEqual(await readdir(folder), ['logstores']);
  const listed = (await next.list()).map(({ project }) => project);
  assert.deepEqual(listed.sort(), names.toSorted());
});

test('what is left of a write that failed half-way is overwritten', async (t) => {
  const folder = await temporaryFolder(t);
  const logs = logStore(folder);
  await logs.open();
  await logs.append(target, collection(), lines(['a']), 1_000);
  const place = join(folder, 'logstores', 'shop', 'orders');
  const [segment = ''] = (await readdir(place)).filter((name) => name.endsWith('.log'));
  await appendFile(join(place, segment), '{"t":1,"half');
  await logs.append(target, collection(), lines(['b', 'c'], 10), 1_000);
  assert.deepEqual(await searchAll(logs), ['a', 'b', 'c']);
  const next = logStore(folder);
  await next.open();
  assert.deepEqual(await searchAll(next), ['a', 'b', 'c']);
});

test('patterns of collected files: a star stands for any characters of the last part', () => {
  const fits = (pattern: string, paths: readonly string[]) =>
    paths.filter((path) => matchesCollectedPath(pattern, path));
  const paths = ['/a/x.log', '/a/x.log.1', '/a/b/x.log', '/a/.log', '/a/xlog', '/a/'];
  assert.deepEqual(fits('/a/x.log', paths), ['/a/x.log']);
  assert.deepEqual(fits('/a/*.log', paths), ['/a/x.log', '/a/.log']);
  assert.deepEqual(fits('/a/*', paths), ['/a/x.log', '/a/x.log.1', '/a/.log', '/a/xlog']);
  assert.deepEqual(fits('/a/x*l*g*1', paths), ['/a/x.log.1']);
  assert.deepEqual(fits('/a/xx*x', ['/a/xx', '/a/xxx']), ['/a/xxx']);
  assert.deepEqual(fits('/a/?.log', paths), []);
});
