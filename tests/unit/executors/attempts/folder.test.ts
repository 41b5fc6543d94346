import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  appendStartTime,
  isAttemptId,
  openRegular,
  readEnding,
  readMark,
  readReleased,
  readStop,
} from '../../../../src/executors/attempts/folder.ts';
import { readLogChunk } from '../../../../src/executors/attempts/log.ts';

let folder = '';
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-folder-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => {
  fs.writeFileSync(path.join(folder, name), text);
};

test('attempt ids cannot leave their folder', () => {
  for (const id of ['a', 'manual-1.0.1', '_x', '-x', 'x'.repeat(128)]) assert.ok(isAttemptId(id));
  for (const id of ['', '.', '..', '.a', 'a/b', 'a\n', 'x'.repeat(129)])
    assert.ok(!isAttemptId(id));
});

test('half-written lines count as absent', () => {
  assert.equal(readMark(folder), null);
  assert.equal(readEnding(folder), null);
  write('process', 'pid 12 boot b');
  assert.equal(readMark(folder), null);
  write('process', 'pid 12 boot b at 1700000000.123456\nstart 3');
  assert.deepEqual(readMark(folder), {
    pid: 12,
    startTime: null,
    bootId: 'b',
    atMs: 1_700_000_000_123,
  });
  write('process', 'pid 12 boot b\nexit 1');
  assert.equal(readEnding(folder), null);
  write('process', 'pid 12 boot b\nexit 137\n');
  appendStartTime(folder, '34');
  assert.equal(readMark(folder)?.startTime, '34');
  assert.equal(readEnding(folder)?.exitCode, 137);
  write('process', 'pid 12 boot b\nstart 34\nsignal SIGRTMIN+1\n');
  assert.equal(readEnding(folder)?.signal, 'SIGRTMIN+1');
});

test('a damaged stop record still means a stop', () => {
  assert.equal(readStop(folder), null);
  write('stop', '{"atMs":5,"cause":"post-start","message":"m"}\n');
  assert.deepEqual(readStop(folder), { atMs: 5, cause: 'post-start', message: 'm' });
  write('stop', '{"at');
  assert.equal(readStop(folder)?.cause, 'asked');
});

test('links and pipes in place of a file are not opened', () => {
  write('real', 'x');
  fs.symlinkSync(path.join(folder, 'real'), path.join(folder, 'soft'));
  assert.equal(openRegular(path.join(folder, 'soft')), null);
  assert.equal(openRegular(folder), null);
  const fd = openRegular(path.join(folder, 'real'));
  assert.ok(fd !== null);
  fs.closeSync(fd);
  fs.linkSync(path.join(folder, 'real'), path.join(folder, 'hard'));
  assert.equal(openRegular(path.join(folder, 'hard')), null);
});

test('released bytes are skipped, also after a cut', () => {
  write('stdout', 'cdef');
  assert.deepEqual(readReleased(folder, 'stdout'), { firstOffset: 0, fileOffset: 0 });
  write('stdout.released', '102 100\n');
  const chunk = readLogChunk(folder, 'stdout', 0, 10);
  assert.equal(Buffer.from(chunk?.bytes ?? []).toString(), 'ef');
  assert.deepEqual([chunk?.offset, chunk?.nextOffset, chunk?.size], [102, 104, 104]);
  assert.equal(readLogChunk(folder, 'stdout', 103, 1)?.nextOffset, 104);
  assert.equal(readLogChunk(path.join(folder, 'none'), 'stdout', 0, 1), null);
  assert.equal(readLogChunk(folder, 'stderr', 0, 1)?.size, 0);
});
