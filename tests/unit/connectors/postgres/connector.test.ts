/** What only PostgreSQL has, against a real one; the rest is in `tests/contract/connector`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { binaryName, columnFor, columnType } from '../../../../src/connectors/postgres/types.ts';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import {
  type Digest,
  type RowLoader,
  RowsRefused,
  type RowTarget,
} from '../../../../src/ports/connector.ts';
import type { DatabaseUnderTest } from '../../../contract/connector/database-adapter.ts';
import {
  batchOf,
  load,
  loaderFor,
  onlyTable,
  planFor,
  readChunks,
  readTable,
  sorted,
  tableSource,
  tableTarget,
  untyped,
  withSource,
  withTarget,
} from '../../../contract/connector/database-jobs.ts';
import { missingPostgres } from '../../../support/postgres.ts';
import { within } from '../../../support/until.ts';

const skip = missingPostgres() ?? false;

describe('PostgreSQL connector', { skip }, () => {
  let opened: DatabaseUnderTest | null = null;
  before(async () => {
    const { adapter } = await import('../../../contract/connector/postgres-adapter.ts');
    opened = await adapter.open();
  });
  after(() => opened?.close());

  function database(): DatabaseUnderTest {
    return opened ?? assert.fail('the database is not open');
  }

  test('a table is read partition by partition', async () => {
    const { run } = database();
    await run('CREATE TABLE parts (id integer, note text) PARTITION BY RANGE (id)');
    await run('CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM (0) TO (10)');
    await run('CREATE TABLE parts_b PARTITION OF parts FOR VALUES FROM (10) TO (20)');
    await run("INSERT INTO parts SELECT i, 'n' || i FROM generate_series(0, 19) AS i");
    const cut = { shards: 2, fine: true, chunkRows: 5 };
    const chosen = async (names: readonly string[] | null): Promise<readonly string[]> =>
      withSource(
        database(),
        tableSource('parts', { tablePartitions: { names }, where: 'id % 2 = 0' }),
        async (source) => {
          const table = await onlyTable(source);
          const chunks = await source.chunks(table, cut);
          const rows = await readChunks(source, table, chunks);
          return [...chunks.map(({ label }) => label), String(rows.length)];
        },
      );
    assert.deepEqual(await chosen(null), ['partition parts_a', 'partition parts_b', '10']);
    assert.deepEqual(await chosen(['parts_b']), ['partition parts_b', '5']);
    await assert.rejects(chosen(['parts_c']), /no partition parts_c; it has parts_a, parts_b/);
  });

  test('rows pass into partitions by their keys', async () => {
    const { run } = database();
    await run('CREATE TABLE split (id integer PRIMARY KEY, n text) PARTITION BY HASH (id)');
    await run('CREATE TABLE split_0 PARTITION OF split FOR VALUES WITH (MODULUS 2, REMAINDER 0)');
    await run('CREATE TABLE split_1 PARTITION OF split FOR VALUES WITH (MODULUS 2, REMAINDER 1)');
    await run("INSERT INTO split VALUES (1, 'old')");
    const rows = [
      ['1', 'new'],
      ['2', 'new'],
    ];
    await load(database(), tableTarget('split', { conflict: 'update' }), untyped('id', 'n'), rows);
    assert.deepEqual(sorted(await readTable(database(), 'split')), rows);
  });

  test('identities are taken as they come, computed columns are left out', async () => {
    const { run } = database();
    await run(`CREATE TABLE made_up (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      n integer, twice integer GENERATED ALWAYS AS (n * 2) STORED)`);
    for (const conflict of ['insert', 'update', 'replace'] as const) {
      for (const stage of [false, true]) {
        await run('TRUNCATE made_up');
        await withTarget(
          database(),
          tableTarget('made_up', { conflict, stage }),
          async (target) => {
            const plan = await planFor(target, untyped('id', 'n'));
            assert.deepEqual(
              (await target.look(untyped())).columns?.map(({ name }) => name),
              ['id', 'n'],
            );
            await target.prepare([plan], 'run-1');
            const loader = await loaderFor(target, plan);
            await loader.write(batchOf([['7', '3']]));
            await loader.prepareCommit();
            await loader.commit();
            await loader.close();
            await target.finish([plan], 'run-1');
          },
        );
        assert.deepEqual(await run('SELECT * FROM made_up'), [['7', '3', '6']]);
      }
    }
  });

  test('domains, enumerations and names that need quotes', async () => {
    const { run } = database();
    await run('CREATE SCHEMA "odd ""schema"');
    await run("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    await run('CREATE DOMAIN percent AS numeric(5,2) CHECK (value <= 100)');
    const item = `"odd ""schema"."odd, line 7"`;
    await run(`CREATE TABLE ${item} ("a b" percent, "c""d" mood, UNIQUE ("a b"))`);
    await run(`INSERT INTO ${item} VALUES (1.5, 'ok')`);
    const from = tableSource('odd, line 7', { schema: 'odd "schema' });
    await withSource(database(), from, async (source) => {
      const table = await onlyTable(source);
      assert.deepEqual(
        table.columns.map(({ type }) => type),
        [{ kind: 'decimal', precision: 5, scale: 2 }, { kind: 'other' }],
      );
      assert.deepEqual(source.formats(table.columns), ['text']);
      const chunks = await source.chunks(table, { shards: 1, fine: true, chunkRows: 1 });
      assert.deepEqual(await readChunks(source, table, chunks), [['1.50', 'ok']]);
      const to = tableTarget('', { schema: 'odd "schema' });
      await withTarget(database(), to, async (target) => {
        const plan = await planFor(target, table);
        const loader = await loaderFor(target, plan);
        await assert.rejects(
          loader.write(
            batchOf([
              ['2', 'ok'],
              ['101', 'ok'],
              ['3', 'ok'],
            ]),
          ),
          (error) => {
            assert.ok(error instanceof RowsRefused);
            assert.equal(error.row, 1);
            assert.match(error.message, /percent_check/);
            return true;
          },
        );
        await loader.close();
      });
    });
  });

  test('CSV goes into tables as it is, and bad records are told by their place', async () => {
    const { run } = database();
    await run('CREATE TABLE records (id integer, note varchar(10), at date)');
    const csv = {
      kind: 'csv',
      separator: ';',
      quoted: true,
      lineEnd: '\n',
    } as const;
    const write = (text: string, format: typeof csv | (typeof csv & { empties: 'by-type' })) =>
      withTarget(database(), tableTarget('records'), async (target) => {
        const plan = await planFor(target, untyped('id', 'note', 'at'));
        assert.deepEqual(
          target.formats(plan).map(({ kind }) => kind),
          ['csv', 'text'],
        );
        const loader = await loaderFor(target, plan, { format });
        try {
          await loader.write({ bytes: Buffer.from(text), rows: 1 });
          await loader.prepareCommit();
          await loader.commit();
        } finally {
          await loader.close();
        }
        const rows = await run('SELECT * FROM records ORDER BY id');
        await run('TRUNCATE records');
        return rows;
      });
    const good = '1;"a;""b\nc";2026-01-31\n2;;\n3;"";""\n';
    assert.deepEqual(await write(good, csv), [
      ['1', 'a;"b\nc', '2026-01-31'],
      ['2', null, null],
      ['3', '', null],
    ]);
    const byType = { ...csv, empties: 'by-type' } as const;
    assert.deepEqual((await write(good, byType))[1], ['2', '', null]);
    assert.deepEqual(await write('4;\\N;\\N\n5;\\.;\n', byType), [
      ['4', null, null],
      ['5', '\\.', null],
    ]);
    for (const [bad, row, reason] of [
      ['1;"a\nb";2026-01-31\nx;c;2026-01-31\n', 1, /column id: .*"x"/],
      ['1;a;2026-02-30\n', 0, /column at/],
      ['1;a;2026-01-31\n2;b\n', 1, /missing data/],
      ['1;a;2026-01-31\n2;b;2026-01-31;more\n', 1, /extra data/],
      ['1;\xff;2026-01-31\n', 0, /encoding|too long|UTF8/i],
    ] as const) {
      await assert.rejects(
        withTarget(database(), tableTarget('records'), async (target) => {
          const plan = await planFor(target, untyped('id', 'note', 'at'));
          const loader = await loaderFor(target, plan, { format: csv });
          try {
            await loader.write({ bytes: Buffer.from(bad, 'latin1'), rows: 1 });
          } finally {
            await loader.close();
          }
        }),
        (error) => {
          assert.ok(error instanceof RowsRefused, String(error));
          assert.equal(error.row, row);
          assert.match(error.message, reason);
          return true;
        },
      );
    }
  });

  describe('what commits brought', () => {
    const { signal } = new AbortController();
    const columns = untyped('id', 'note').columns;

    /** What is found of tokens where they say it lies, and anywhere. */
    async function found(
      target: RowTarget,
      name: string,
      tokens: readonly string[],
    ): Promise<readonly (Digest | null | undefined)[]> {
      const there = (await target.look(untyped('id', 'note'))).columns ?? columns;
      const [method = ''] = target.digester?.methods(there) ?? [];
      const request = { table: { schema: '', name }, columns: there, method, tokens, signal };
      const where = { ...request, everywhere: false };
      const inPlace = await target.digester?.readBack?.({ ...where, hurried: false });
      assert.deepEqual(await target.digester?.readBack?.({ ...where, hurried: true }), inPlace);
      return [
        inPlace,
        await target.digester?.readBack?.({ ...request, everywhere: true, hurried: true }),
      ];
    }

    const rowsFrom = (first: number, count: number): string[][] =>
      Array.from({ length: count }, (_, row) => [String(first + row), `note ${row}`]);

    async function commit(loader: RowLoader, rows: readonly string[][]): Promise<string> {
      await loader.write(batchOf(rows));
      const token = await loader.prepareCommit();
      await loader.commit();
      return token;
    }

    /** Sum and number of these rows, by another way: in a table of their own. */
    async function alone(target: RowTarget, condition: string): Promise<Digest | undefined> {
      const { run } = database();
      await run(`DROP TABLE IF EXISTS brought_alone`);
      await run(`CREATE TABLE brought_alone AS SELECT * FROM brought WHERE ${condition}`);
      const there = (await target.look(untyped('id', 'note'))).columns ?? columns;
      const [method = ''] = target.digester?.methods(there) ?? [];
      const table = { schema: '', name: 'brought_alone' };
      return target.digester?.digest({ table, columns: there, where: null, method, signal });
    }

    test('is told from all other rows, also of loaders that work side by side', async () => {
      const { run } = database();
      await run('CREATE TABLE brought (id integer, note text)');
      await run("INSERT INTO brought SELECT i, 'old' FROM generate_series(-5000, -1) AS i");
      await withTarget(database(), tableTarget('brought'), async (target) => {
        const plan = await planFor(target, untyped('id', 'note'));
        const [a, b] = await Promise.all(
          [0, 1].map(() => loaderFor(target, plan, { inOneGo: true })),
        );
        if (a === undefined || b === undefined) throw new Error('there is no loader');
        const first = await commit(a, rowsFrom(0, 20_000));
        await b.write(batchOf(rowsFrom(100_000, 3_000)));
        const second = await commit(a, rowsFrom(20_000, 7));
        const otherToken = await b.prepareCommit();
        await b.commit();
        const third = await commit(a, rowsFrom(30_000, 5_000));
        await commit(b, rowsFrom(200_000, 60_000));
        // The first rows fill up the block that this loader wrote last, far behind the others' by now.
        const fourth = await commit(a, rowsFrom(300_000, 5_000));
        for (const [tokens, condition] of [
          [[first], 'id BETWEEN 0 AND 19999'],
          [[second], 'id BETWEEN 20000 AND 20006'],
          [[otherToken], 'id BETWEEN 100000 AND 102999'],
          [[fourth], 'id >= 300000'],
          [[first, third], 'id BETWEEN 0 AND 19999 OR id BETWEEN 30000 AND 34999'],
        ] as const) {
          const wanted = await alone(target, condition);
          assert.ok((wanted?.rows ?? 0) > 0);
          assert.deepEqual(await found(target, 'brought', tokens), [wanted, wanted]);
        }
        await Promise.all([a.close(), b.close()]);
        // A row that was changed is not what the commit brought.
        const earlier = await found(target, 'brought', [second]);
        await run("UPDATE brought SET note = 'changed' WHERE id = 20003");
        const later = await found(target, 'brought', [second]);
        assert.deepEqual(
          later.map((digest) => digest?.rows),
          [6, 6],
        );
        assert.notDeepEqual(later, earlier);
      });
    });

    test('is found in the gaps of a table by looking everywhere', async () => {
      const { run } = database();
      await run('CREATE TABLE gaps (id integer, note text)');
      await run("INSERT INTO gaps SELECT i, repeat('x', 90) FROM generate_series(1, 60000) AS i");
      await run('DELETE FROM gaps WHERE id BETWEEN 100 AND 20000');
      await run('VACUUM gaps');
      await withTarget(database(), tableTarget('gaps'), async (target) => {
        const plan = await planFor(target, untyped('id', 'note'));
        const loader = await loaderFor(target, plan, { inOneGo: true });
        const token = await commit(loader, rowsFrom(100_000, 9_000));
        const [there, anywhere] = await found(target, 'gaps', [token]);
        assert.ok(
          (there?.rows ?? 0) < 9_000,
          'the rows lie behind all others: the test says nothing',
        );
        assert.equal(anywhere?.rows, 9_000);
        await loader.close();
      });
    });

    test('of a partitioned table is found everywhere, and of batches below savepoints not at all', async () => {
      const { run } = database();
      await run('CREATE TABLE dealt (id integer, note text) PARTITION BY HASH (id)');
      for (const part of [0, 1]) {
        await run(
          `CREATE TABLE dealt_${part} PARTITION OF dealt FOR VALUES WITH (MODULUS 2, REMAINDER ${part})`,
        );
      }
      await withTarget(database(), tableTarget('dealt'), async (target) => {
        const plan = await planFor(target, untyped('id', 'note'));
        const loader = await loaderFor(target, plan, { inOneGo: true });
        const token = await commit(loader, rowsFrom(0, 50));
        const [there, anywhere] = await found(target, 'dealt', [token]);
        assert.equal(there, null);
        assert.equal(anywhere?.rows, 50);
        await loader.close();
        const careful = await loaderFor(target, plan);
        const untold = await commit(careful, rowsFrom(100, 5));
        assert.deepEqual(await found(target, 'dealt', [token, untold]), [null, null]);
        await careful.close();
        const request = { table: { schema: '', name: 'dealt' }, columns, tokens: [token], signal };
        const reading = {
          ...request,
          method: 'text-rows(int,text)',
          everywhere: true,
          hurried: true,
        };
        assert.equal(await target.digester?.readBack?.(reading), null);
        for (const foreign of ['[]', 'nonsense', '["1","2","3"]', '{"a":1}']) {
          assert.deepEqual(await found(target, 'dealt', [foreign]), [null, null]);
        }
      });
    });

    test('is read at once, so that the next reader changes no block', async () => {
      const { run } = database();
      await run('CREATE TABLE arrived (id integer, note text)');
      const dirtied = async (): Promise<number> => {
        // Blocks that are still to be written cannot become so.
        await run('CHECKPOINT');
        const plan = await run(
          'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*) FROM arrived',
        );
        const text = plan.map(([line]) => line).join('\n');
        return Number(/"Shared Dirtied Blocks": (\d+)/.exec(text)?.[1]);
      };
      await withTarget(database(), tableTarget('arrived'), async (target) => {
        const loader = await loaderFor(target, await planFor(target, untyped('id', 'note')), {
          inOneGo: true,
        });
        await commit(loader, rowsFrom(0, 20_000));
        assert.ok(
          (await dirtied()) > 20,
          'the first reader has nothing to do: the test says nothing',
        );
        for (let count = 0; count < 2; count += 1) {
          const token = await commit(loader, rowsFrom(0, 20_000));
          assert.equal((await found(target, 'arrived', [token]))[0]?.rows, 20_000);
          assert.equal(await dirtied(), 0);
        }
        await loader.close();
      });
    });
  });

  test('a commit under way is waited for', async () => {
    const { run } = database();
    await run('CREATE TABLE slow (id integer PRIMARY KEY)');
    await withTarget(database(), tableTarget('slow'), async (target) => {
      const loader = await loaderFor(target, await planFor(target, untyped('id')));
      await loader.write(batchOf([['1']]));
      const token = await loader.prepareCommit();
      const asked = target.outcome(token);
      await loader.commit();
      assert.equal(await within('the outcome', asked), 'committed');
      await loader.close();
      // Of another server, as after a restore of an older copy.
      const foreign = JSON.stringify(['123456789012345', '1', '1.5']);
      assert.equal(await target.outcome(foreign), 'unknown');
    });
  });

  test('types of the catalogue in words of no database, and back', () => {
    const types: Readonly<Record<string, string>> = {
      'character varying(20)': 'varchar',
      'character varying': 'text',
      'timestamp(3) without time zone': 'timestamp',
      'timestamp with time zone': 'timestamptz',
      'numeric(10,2)': 'decimal',
      'integer[]': 'other',
      'numeric(10,2)[]': 'other',
      bytea: 'bytes',
      '"char"': 'other',
    };
    for (const [name, kind] of Object.entries(types)) {
      assert.equal(columnType(name).kind, kind, name);
    }
    assert.equal(binaryName('character varying(20)'), binaryName('text'));
    assert.equal(binaryName('timestamp(3) without time zone'), 'timestamp without time zone');
    assert.equal(binaryName('integer[]'), 'integer[]');
    assert.equal(binaryName('mood'), null);
  });

  test('columns of created tables (cdm.md §5.7)', () => {
    const created = (type: Column['type'], nativeType = '', factor = 1): string =>
      columnFor(
        { name: 'c', type, nullable: true, nativeType, comment: '', keyPosition: 0 },
        { characterFactor: factor, keepNotNull: true },
      ).nativeType;
    assert.equal(created({ kind: 'uint64' }), 'numeric(20,0)');
    assert.equal(created({ kind: 'varchar', length: 10 }, '', 3), 'character varying(30)');
    assert.equal(created({ kind: 'varchar', length: 20_000_000 }), 'text');
    assert.equal(created({ kind: 'timestamp', fraction: 3 }), 'timestamp(3) without time zone');
    assert.equal(created({ kind: 'decimal', precision: null, scale: null }), 'numeric');
    assert.equal(created({ kind: 'json' }), 'jsonb');
    assert.equal(created({ kind: 'other' }, "enum('a','b')"), 'text');
    assert.equal(created({ kind: 'other' }, 'integer[]'), 'integer[]');
  });
});
