/** The audit log's writer, over a real store. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { systemClock } from '../../../src/app/clock.ts';
import { auditBounds, boundedEntry } from '../../../src/domain/audit.ts';
import { FailedCallers } from '../../../src/engine/audit-limit.ts';
import { AuditLog, type AuditNote } from '../../../src/engine/audit.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until, within } from '../../support/until.ts';

const note: AuditNote = {
  user: 'alice',
  keyId: 'LTAI-1',
  sourceIp: '10.0.0.1',
  dialect: 'sae',
  operation: 'CreateJob',
  resource: 'application/a',
  outcome: 'ok',
  code: '',
  requestId: 'r-1',
  names: ['Envs'],
};

async function openLog(t: TestContext) {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'longshore.db');
  const store = createSqliteStore({ path });
  await store.open();
  const faults: string[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (_fields: object, message: string) => void faults.push(message),
  };
  const audit = new AuditLog({ store, clock: systemClock, log, retention: null, intervalMs: 0 });
  const lines = () => store.auditLinesAfter(0, 10_000);
  t.after(() => store.close());
  return { path, store, audit, lines, faults };
}

describe('the writer', () => {
  test('a recorded line is there when the call returns', async (t) => {
    const { audit, lines } = await openLog(t);
    await audit.record(note);
    assert.equal((await lines()).length, 1);
    await audit.stop();
  });

  test('lines that nobody waits for follow by themselves, in their order', async (t) => {
    const { audit, lines } = await openLog(t);
    const changed = audit.changed(60_000);
    for (let n = 0; n < 1_200; n += 1) {
      await audit.follow({ ...note, user: `u-${n % 60}`, requestId: `r-${n}` });
    }
    await within('the first lines', changed);
    const found = await until('all lines', async () => {
      const now = await lines();
      return now.length === 1_200 ? now : null;
    });
    assert.deepEqual(
      found.map(({ requestId }) => requestId),
      Array.from({ length: 1_200 }, (_, n) => `r-${n}`),
    );
    await audit.stop();
  });

  test('of many alike in one moment the last line counts those without one', async (t) => {
    const { audit, lines } = await openLog(t);
    for (let n = 0; n < 500; n += 1) {
      await audit.follow({ ...note, requestId: `r-${n}` });
      if (n === 250) await audit.follow({ ...note, user: 'another', requestId: 'other' });
    }
    await audit.stop();
    const found = await lines();
    const alike = found.filter(({ user }) => user === note.user);
    assert.equal(found.length, alike.length + 1);
    assert.ok(alike.length >= 25 && alike.length < 500, String(alike.length));
    const counted = alike.reduce((sum, { suppressed }) => sum + suppressed, alike.length);
    assert.equal(counted, 500);
  });

  test('what waits is written at the end', async (t) => {
    const { audit, lines } = await openLog(t);
    await audit.follow(note);
    await audit.stop();
    assert.equal((await lines()).length, 1);
  });

  test('while the store fails nobody is answered; afterwards every line is there, once', async (t) => {
    const { path, audit, lines, faults } = await openLog(t);
    const other = new Sqlite(path);
    t.after(() => other.close());
    other.exec(`create trigger broken before insert on audit_lines
      begin select raise(abort, 'no room'); end`);
    let answered = false;
    const recorded = audit.record(note).then(() => {
      answered = true;
    });
    await audit.follow({ ...note, operation: 'ExecJob' });
    await until('a failed append', () => audit.stats().failedAppends > 0);
    assert.equal(answered, false);
    assert.ok(faults.includes('the audit log cannot be written'));
    other.exec('drop trigger broken');
    await within('the line', recorded);
    await audit.stop();
    assert.deepEqual(
      (await lines()).map(({ operation }) => operation),
      ['CreateJob', 'ExecJob'],
    );
    assert.equal(audit.stats().waiting, 0);
  });

  test('strangers get some lines, and the next one tells how many got none', async (t) => {
    const { audit, lines } = await openLog(t);
    for (let n = 0; n < 500; n += 1) audit.refused({ ...note, user: '', outcome: 'refused' });
    await audit.stop();
    const kept = (await lines()).length;
    assert.ok(kept >= 120 && kept < 200, String(kept));
    assert.equal(audit.stats().suppressed, 500 - kept);
  });
});

describe('bounds', () => {
  test('room for strangers comes back with time', () => {
    let nowMs = 0;
    const callers = new FailedCallers(() => nowMs);
    const admitted = Array.from({ length: 130 }, () => callers.admit());
    assert.equal(admitted.filter((before) => before !== null).length, 120);
    nowMs += 500;
    assert.equal(callers.admit(), 10, 'it tells of those before it');
    assert.equal(callers.admit(), null);
    nowMs += 3_600_000;
    assert.equal(callers.admit(), 1);
    const again = Array.from({ length: 200 }, () => callers.admit());
    assert.equal(again.filter((before) => before !== null).length, 119, 'an hour saves up no more');
  });

  test('texts are cut, control characters cannot forge lines, names are few', () => {
    const long = 'é'.repeat(5_000);
    const texts = {
      ...note,
      user: 'a\u0000b\nc\u2028d\ud800',
      resource: long,
      operation: `${'x'.repeat(255)}😀`,
      names: ['b', 'a', 'b', ...Array.from({ length: 100 }, (_, n) => `n${n}`), long],
    };
    const entry = boundedEntry(texts, 1, 0);
    assert.equal(entry.user, 'a�b�c�d�');
    assert.equal(entry.resource.length, auditBounds.resourceChars);
    assert.ok(entry.operation.isWellFormed());
    assert.ok(entry.operation.length <= auditBounds.textChars);
    assert.equal(entry.names.length, auditBounds.names + 1);
    assert.equal(entry.names.at(-1), '… and 39 more');
    assert.deepEqual(entry.names.slice(0, 2), ['a', 'b']);
    assert.ok(entry.names.every((name) => name.length <= auditBounds.nameChars));
  });
});
