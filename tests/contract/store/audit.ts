import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import { type AuditQuery, auditScanLimit } from '../../../src/ports/audit.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, t0 } from './fixtures.ts';

/** Appenders at the same time. */
const WRITERS = 20;

/** The audit log (`src/ports/audit.ts`). */
export function auditContract(adapter: StoreAdapter): void {
  describe('audit log', () => {
    test('keeps lines whole, over restarts, and numbers them in their order', async (t) => {
      const bench = await Bench.open(adapter, t);
      assert.equal(await bench.store.lastAuditId(), 0);
      const entries = [
        entry({ user: 'ключ “Ω” %_', names: ['Envs', 'Replicas'], resource: 'acs:sae:*:1:a/b' }),
        entry({ user: '', keyId: null, outcome: 'refused', code: 'NoPermission', suppressed: 7 }),
      ];
      await bench.store.appendAudit(entries);
      await bench.reopen();
      const lines = await bench.store.auditLinesAfter(0, 10);
      assert.deepEqual(
        lines,
        entries.map((one, index) => ({ ...one, id: lines[index]?.id })),
      );
      const [first = 0, second = 0] = lines.map(({ id }) => id);
      assert.ok(first < second);
      assert.equal(await bench.store.lastAuditId(), second);
      assert.deepEqual(
        (await bench.store.auditLinesAfter(first, 10)).map(({ id }) => id),
        [second],
      );
    });

    test('many append at once: nothing is lost, and who follows by id misses nothing', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const seen: number[] = [];
      const seenOperations = new Set<string>();
      let writing = true;
      const followed = (async () => {
        let last = 0;
        for (;;) {
          const over = !writing;
          const lines = await store.auditLinesAfter(last, 1_000);
          for (const { id, operation } of lines) {
            seen.push(id);
            seenOperations.add(operation);
          }
          last = lines.at(-1)?.id ?? last;
          if (over && lines.length === 0) return;
          await setImmediate();
        }
      })();
      await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          for (let n = 0; n < 5; n += 1) {
            await store.appendAudit([
              entry({ operation: `${writer}-${n}-a` }),
              entry({ operation: `${writer}-${n}-b` }),
            ]);
          }
        }),
      );
      writing = false;
      await followed;
      assert.equal(seenOperations.size, WRITERS * 10);
      assert.equal(seen.length, WRITERS * 10, 'none twice');
    });

    test('is searched newest first, page by page, by every filter', async (t) => {
      const { store } = await Bench.open(adapter, t);
      await store.appendAudit([
        entry({ atMs: t0 + 1, user: 'alice', operation: 'CreateJob', resource: 'jobs/a_1' }),
        entry({ atMs: t0 + 3, user: 'bob', operation: 'DeleteJob', resource: 'jobs/a%2' }),
        // Another server's clock: told later, happened earlier.
        entry({ atMs: t0 + 2, user: 'bob', dialect: 'cdm', outcome: 'refused', code: 'Cdm.0' }),
        entry({ atMs: t0 + 3, user: 'alice', outcome: 'failed', resource: 'jobs/A_1' }),
      ]);
      const all: Pick<AuditQuery, 'before' | 'limit'> = { before: null, limit: 10 };
      const find = async (query: Partial<AuditQuery>) =>
        (await store.auditLines({ ...all, ...query })).lines.map(({ atMs, user }) => [
          atMs - t0,
          user,
        ]);
      const everything = [
        [3, 'alice'],
        [3, 'bob'],
        [2, 'bob'],
        [1, 'alice'],
      ];
      assert.deepEqual(await find({}), everything);
      assert.deepEqual(await find({ user: 'bob' }), [everything[1], everything[2]]);
      assert.deepEqual(await find({ dialect: 'cdm' }), [everything[2]]);
      assert.deepEqual(await find({ operation: 'DeleteJob' }), [everything[1]]);
      assert.deepEqual(await find({ outcome: 'failed' }), [everything[0]]);
      assert.deepEqual(await find({ resourceContains: '%' }), [everything[1]]);
      assert.deepEqual(await find({ resourceContains: 'a_' }), [everything[3]]);
      assert.deepEqual(await find({ resourceContains: '' }), everything);
      assert.deepEqual(await find({ fromMs: t0 + 2, untilMs: t0 + 3 }), [everything[2]]);
      assert.deepEqual(await find({ fromMs: t0 + 4 }), []);

      const paged: unknown[] = [];
      let before: AuditQuery['before'] = null;
      for (let page = 0; page < 4; page += 1) {
        const { lines, next } = await store.auditLines({ before, limit: 1 });
        paged.push(...lines.map(({ atMs, user }) => [atMs - t0, user]));
        before = next;
        assert.equal(next === null, page === 3, 'the last page says so');
      }
      assert.deepEqual(paged, everything);
    });

    test('one search looks at a bounded number of lines and says where to go on', async (t) => {
      const { store } = await Bench.open(adapter, t);
      await store.appendAudit([entry({ user: 'rare', atMs: t0 })]);
      const batch = Array.from({ length: 2_000 }, (_, n) => entry({ atMs: t0 + 1 + n }));
      for (let n = 0; n < auditScanLimit; n += batch.length) await store.appendAudit(batch);
      const first = await store.auditLines({ user: 'rare', before: null, limit: 10 });
      assert.deepEqual(first.lines, []);
      assert.ok(first.next !== null);
      const second = await store.auditLines({ user: 'rare', before: first.next, limit: 10 });
      assert.equal(second.lines.length, 1);
      assert.equal(second.next, null);
    });

    test('only retention removes lines: by age, by number, a bounded number at once', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const noAge = { maxAgeMs: null, maxLines: 1_000_000 };
      assert.equal(await store.eraseAudit(noAge, t0, 100), 0);
      await store.appendAudit(Array.from({ length: 20 }, (_, n) => entry({ atMs: t0 + n })));
      const left = async () => (await store.auditLinesAfter(0, 100)).map(({ atMs }) => atMs - t0);
      const young = { maxAgeMs: 10, maxLines: 1_000_000 };
      assert.equal(await store.eraseAudit(young, t0 + 15, 3), 3);
      assert.equal(await store.eraseAudit(young, t0 + 15, 100), 2);
      assert.equal(await store.eraseAudit(young, t0 + 15, 100), 0);
      assert.equal((await left())[0], 5);
      const few = { maxAgeMs: null, maxLines: 10 };
      assert.equal(await store.eraseAudit(few, t0, 2), 2);
      assert.equal(await store.eraseAudit(few, t0, 100), 3);
      assert.deepEqual(await left(), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
      const last = await store.lastAuditId();
      assert.equal(await store.eraseAudit({ maxAgeMs: 0, maxLines: 1 }, t0 + 100, 100), 10);
      await store.appendAudit([entry({})]);
      assert.equal(await store.lastAuditId(), last + 1, 'a number is never given again');
    });
  });
}

function entry(other: Partial<AuditEntry>): AuditEntry {
  return {
    atMs: t0,
    user: 'alice',
    keyId: 'LTAI-1',
    sourceIp: '10.0.0.1',
    dialect: 'sae',
    operation: 'CreateJob',
    resource: '',
    outcome: 'ok',
    code: '',
    requestId: 'r-1',
    names: [],
    suppressed: 0,
    ...other,
  };
}
