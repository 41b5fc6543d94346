import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Document, DocumentName } from '../../../src/ports/documents.ts';
import type { StoreAdapter } from './adapter.ts';
import { refusedWith, repeat } from './catalog-fixtures.ts';
import { Bench, rejectsWith, t0 } from './fixtures.ts';

/** Callers that want the same thing at the same time. */
const RACERS = 12;

/** What dialects keep by name, and numbers that are handed out once (`src/ports/documents.ts`). */
export function documentsContract(adapter: StoreAdapter): void {
  describe('documents', () => {
    test('are created, changed and deleted by one method, and kept whole', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const value = { 'a b': [null, 1.5, { deep: '日本\u0000\ud800' }], empty: '' };
      const made = await store.changeDocument(named('ключ'), t0, (current) => {
        assert.equal(current, null);
        return { parent: 'group', value };
      });
      const times = { createdAtMs: t0, updatedAtMs: t0 };
      assert.deepEqual(made, {
        ...named('ключ'),
        parent: 'group',
        number: 1,
        value,
        revision: 1,
        ...times,
      });
      const changed = await store.changeDocument(named('ключ'), t0 + 5, (current) => {
        assert.deepEqual(current, made);
        return { parent: '', value: {} };
      });
      assert.deepEqual(changed, {
        ...made,
        parent: '',
        value: {},
        revision: 2,
        updatedAtMs: t0 + 5,
      });
      await bench.reopen();
      assert.deepEqual(await bench.store.document(named('ключ')), changed);
      assert.equal(await bench.store.changeDocument(named('ключ'), t0 + 6, () => null), null);
      assert.equal(await bench.store.document(named('ключ')), null);
      assert.equal(await bench.store.changeDocument(named('ключ'), t0 + 7, () => null), null);
      const again = await put(bench, 'ключ');
      assert.deepEqual(
        [again.number, again.revision],
        [2, 1],
        'a number is never handed out again',
      );
    });

    test('belong to their dialect and kind; numbers count within a kind', async (t) => {
      const bench = await Bench.open(adapter, t);
      const one = await put(bench, 'same');
      const others: readonly DocumentName[] = [
        { ...named('same'), dialect: 'cdm' },
        { ...named('same'), kind: 'policy' },
      ];
      for (const name of others) {
        assert.equal(await bench.store.document(name), null);
        const other = await bench.store.changeDocument(name, t0, () => content(name.kind));
        assert.equal(other?.number, 1);
        const found = await bench.store.documentByNumber(name.dialect, name.kind, 1);
        assert.deepEqual(found, other);
      }
      assert.deepEqual(await bench.store.documentByNumber('schedulerx', 'calendar', 1), one);
      for (const number of [2, 0, -1, 0.5, 1e300, Number.NaN]) {
        assert.equal(
          await bench.store.documentByNumber('schedulerx', 'calendar', number),
          null,
          String(number),
        );
      }
    });

    test('are revised from what is stored, however many ask', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const results = await Promise.all(
        repeat(RACERS, () =>
          store.changeDocument(named('counter'), t0, (current) => ({
            parent: '',
            value: { count: Number(current?.value['count'] ?? 0) + 1 },
          })),
        ),
      );
      assert.deepEqual(
        results.map((document) => document?.revision).toSorted((a = 0, b = 0) => a - b),
        repeat(RACERS, (n) => n + 1),
      );
      assert.equal(new Set(results.map((document) => document?.number)).size, 1);
      const stored = await store.document(named('counter'));
      assert.deepEqual([stored?.value, stored?.revision], [{ count: RACERS }, RACERS]);
    });

    test('what a revision throws passes through and nothing is changed, its neighbours’ are', async (t) => {
      const bench = await Bench.open(adapter, t);
      const before = await put(bench, 'kept');
      class Mine extends Error {}
      const failing = bench.store.changeDocument(named('kept'), t0 + 1, () => {
        throw new Mine('not this way');
      });
      const beside = bench.store.changeDocument(named('beside'), t0 + 1, () => content(''));
      await assert.rejects(failing, Mine);
      assert.equal((await beside)?.revision, 1);
      assert.deepEqual(await bench.store.document(named('kept')), before);
    });

    test('more than 1 MiB of JSON and long names are refused, and nothing is changed', async (t) => {
      const bench = await Bench.open(adapter, t);
      const wrapped = (length: number) => ({ parent: '', value: { a: 'é'.repeat(length / 2) } });
      const room = 1024 * 1024 - Buffer.byteLength('{"a":""}');
      const full = await bench.store.changeDocument(named('big'), t0, () => wrapped(room));
      assert.equal(full?.revision, 1);
      const over = bench.store.changeDocument(named('big'), t0 + 1, () => wrapped(room + 2));
      await refusedWith(over, 'invalid-argument', { limit: 1024 * 1024 });
      assert.deepEqual(await bench.store.document(named('big')), full);

      const long = 'k'.repeat(513);
      for (const [name, parent] of [
        [named(long), ''],
        [{ ...named('k'), kind: long }, ''],
        [named('k'), long],
      ] as const) {
        const refused = bench.store.changeDocument(name, t0, () => ({ parent, value: {} }));
        await rejectsWith(refused, 'invalid-argument');
      }
      const longest = 'k'.repeat(512);
      const widest = { dialect: 'schedulerx', kind: longest, key: longest } as const;
      const document = await bench.store.changeDocument(widest, t0, () => content(longest));
      assert.deepEqual(await bench.store.document(widest), document);
    });

    test('lists go by number, and narrow by parent and part of the key', async (t) => {
      const bench = await Bench.open(adapter, t);
      for (const [key, parent] of [
        ['b-1', 'x'],
        ['a_1', 'y'],
        ['100%', 'x'],
        ['B-2', 'x'],
      ] as const) {
        await put(bench, key, parent);
      }
      await bench.store.changeDocument({ ...named('b-1'), kind: 'other' }, t0, () => content('x'));
      // A change moves nothing.
      await put(bench, 'b-1', 'x');
      const list = async (query: object, offset = 0, limit = 10) => {
        const kind = { dialect: 'schedulerx', kind: 'calendar' } as const;
        const page = await bench.store.documents({ ...kind, offset, limit, ...query });
        return [page.total, page.rows.map(({ key }) => key)];
      };
      assert.deepEqual(await list({}), [4, ['b-1', 'a_1', '100%', 'B-2']]);
      assert.deepEqual(await list({}, 1, 2), [4, ['a_1', '100%']]);
      assert.deepEqual(await list({}, 9), [4, []]);
      assert.deepEqual(await list({}, 0, 0), [4, []]);
      assert.deepEqual(await list({ parent: 'x' }), [3, ['b-1', '100%', 'B-2']]);
      assert.deepEqual(await list({ parent: 'x', keyContains: '-' }), [2, ['b-1', 'B-2']]);
      assert.deepEqual(await list({ keyContains: '%' }), [1, ['100%']], 'no pattern characters');
      assert.deepEqual(await list({ keyContains: '_' }), [1, ['a_1']]);
      assert.deepEqual(await list({ keyContains: '' }), [4, ['b-1', 'a_1', '100%', 'B-2']]);
      assert.deepEqual(await list({ parent: '' }), [0, []]);
    });

    test('what documents of a kind belong to is told once each, with their number', async (t) => {
      const bench = await Bench.open(adapter, t);
      for (const [key, parent] of [
        ['1', 'б'],
        ['2', 'a'],
        ['3', 'б'],
        ['4', ''],
      ]) {
        await put(bench, key ?? '', parent);
      }
      const other: DocumentName = { ...named('5'), kind: 'policy' };
      await bench.store.changeDocument(other, t0, () => content('elsewhere'));
      const kind = { dialect: 'schedulerx', kind: 'calendar' } as const;
      const all = [
        { parent: '', count: 1 },
        { parent: 'a', count: 1 },
        { parent: 'б', count: 2 },
      ];
      assert.deepEqual(await bench.store.documentParents({ ...kind, limit: 10 }), all);
      assert.deepEqual(await bench.store.documentParents({ ...kind, limit: 2 }), all.slice(0, 2));
      assert.deepEqual(
        await bench.store.documentParents({ ...kind, dialect: 'sae', limit: 2 }),
        [],
      );
    });
  });

  describe('numbers', () => {
    test('are handed out once, under any race and over restarts', async (t) => {
      const bench = await Bench.open(adapter, t);
      assert.equal(await bench.store.takeNumbers('jobs', 1), 1);
      const counts = repeat(RACERS, (n) => n + 1);
      const firsts = await Promise.all(
        counts.map((count) => bench.store.takeNumbers('jobs', count)),
      );
      const taken = firsts.flatMap((first, index) => repeat(counts[index] ?? 0, (n) => first + n));
      const total = counts.reduce((sum, count) => sum + count, 0);
      assert.equal(new Set(taken).size, total, 'none twice');
      assert.ok(taken.every((number) => number > 1));
      const greatest = Math.max(...taken);
      await bench.reopen();
      assert.ok((await bench.store.takeNumbers('jobs', 5)) > greatest);
    });

    test('each sequence counts for itself, also beside the documents', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.takeNumbers('jobs', 100);
      for (const name of ['runs', '', 'calendar', 'document schedulerx calendar', 'ü']) {
        assert.equal(await bench.store.takeNumbers(name, 1), 1, name);
      }
      assert.equal((await put(bench, 'first')).number, 1);
    });

    test('a count that is no number of numbers is refused and takes none', async (t) => {
      const { store } = await Bench.open(adapter, t);
      for (const count of [0, -1, 1.5, Number.NaN, 1_000_001]) {
        await rejectsWith(store.takeNumbers('jobs', count), 'invalid-argument');
      }
      await rejectsWith(store.takeNumbers('x'.repeat(513), 1), 'invalid-argument');
      assert.equal(await store.takeNumbers('jobs', 1), 1);
    });
  });
}

function named(key: string): DocumentName {
  return { dialect: 'schedulerx', kind: 'calendar', key };
}

function content(parent: string): { parent: string; value: Record<string, unknown> } {
  return { parent, value: { about: parent } };
}

async function put(bench: Bench, key: string, parent = ''): Promise<Document> {
  const document = await bench.store.changeDocument(named(key), t0, () => content(parent));
  assert.ok(document !== null);
  return document;
}
