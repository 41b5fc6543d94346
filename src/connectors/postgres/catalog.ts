import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableFacts } from '../sql/database.ts';
import { literal, type Quoting } from './quoting.ts';
import type { Result } from './session.ts';
import { columnType } from './types.ts';

type Run = (sql: string) => Promise<Result>;

/** What PostgreSQL's catalogue tells about tables. */
export class Catalog {
  readonly #run: Run;
  readonly #quoting: Quoting;
  readonly #defaultSchema: string;

  constructor(run: Run, quoting: Quoting, defaultSchema: string) {
    this.#run = run;
    this.#quoting = quoting;
    this.#defaultSchema = defaultSchema;
  }

  async facts(table: TableName): Promise<TableFacts | null> {
    const id = `to_regclass(${literal(this.#quoting.table(table))})`;
    // A domain counts as what it is based on; null = it is based on a further domain.
    const { rows } = await this.#run(
      `SELECT a.attname, format_type(a.atttypid, a.atttypmod),
         CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
           ELSE format_type(a.atttypid, a.atttypmod) END,
         NOT a.attnotnull, col_description(a.attrelid, a.attnum), a.attnum, a.attgenerated
       FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid = ${id} AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attnum`,
    );
    const kind = await this.#kind(id);
    if (kind === null) return null;
    const nameOf = new Map(rows.map((row) => [row[5] ?? '', row[0] ?? '']));
    const indexes = await this.#indexes(id, nameOf);
    const nullable = new Set(rows.flatMap((row) => (row[3] === 't' ? [row[0] ?? ''] : [])));
    const key = keyOf(indexes, nullable);
    return {
      columns: rows.map(([name, nativeType, baseType, isNullable, comment]) => ({
        name: name ?? '',
        type: columnType(baseType ?? ''),
        nullable: isNullable === 't',
        nativeType: nativeType ?? '',
        comment: comment ?? '',
        keyPosition: key.indexOf(name ?? '') + 1,
      })),
      key,
      indexed: [
        ...new Set(indexes.flatMap(({ names, whole }) => (whole ? names.slice(0, 1) : []))),
      ],
      estimatedRows: await this.#estimate(this.#quoting.table(table)),
      partitioned: kind === 'p',
      computed: rows.flatMap(([name, , , , , , generated]) =>
        generated === '' || generated === null || generated === undefined ? [] : [name ?? ''],
      ),
    };
  }

  async describe(sql: string): Promise<readonly Column[]> {
    const { columns } = await this.#run(`SELECT * FROM (\n${sql}\n) AS cdm_query LIMIT 0`);
    if (columns.length === 0) return [];
    const values = columns.map(
      ({ typeId, typeModifier }) => `format_type(${typeId}, ${typeModifier})`,
    );
    const { rows } = await this.#run(`SELECT ${values.join(', ')}`);
    const types = rows[0] ?? [];
    return distinctNames(columns.map(({ name }) => name)).map((name, place) => ({
      name,
      type: columnType(types[place] ?? ''),
      nullable: true,
      nativeType: types[place] ?? '',
      comment: '',
      keyPosition: 0,
    }));
  }

  async tables(schema: string, limit: number): Promise<readonly TableName[]> {
    const own = schema === '' ? this.#defaultSchema : schema;
    const { rows } = await this.#run(
      `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND n.nspname = ${own === '' ? 'current_schema()' : literal(own)}
       ORDER BY c.relname COLLATE "C" LIMIT ${Math.trunc(limit)}`,
    );
    return rows.map(([name]) => ({ schema, name: name ?? '' }));
  }

  async schemas(): Promise<readonly string[]> {
    const { rows } = await this.#run(
      `SELECT nspname FROM pg_namespace
       WHERE nspname !~ '^pg_(toast|temp)' AND nspname NOT IN ('pg_catalog', 'information_schema')
       ORDER BY nspname COLLATE "C"`,
    );
    return rows.map(([name]) => name ?? '');
  }

  /** Partitions that hold rows themselves; with their schema where that is another one. */
  async partitions(table: TableName): Promise<readonly string[]> {
    const { rows } = await this.#run(
      `SELECT CASE WHEN c.relnamespace = p.relnamespace THEN c.relname
           ELSE n.nspname || '.' || c.relname END
       FROM pg_class p, pg_partition_tree(p.oid) tree
       JOIN pg_class c ON c.oid = tree.relid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE p.oid = to_regclass(${literal(this.#quoting.table(table))}) AND p.relkind = 'p'
         AND tree.isleaf AND c.oid <> p.oid
       ORDER BY 1`,
    );
    return rows.map(([name]) => name ?? '');
  }

  /** `r` = a table, `p` = one of partitions, `v` = a view, …; null = nothing that has rows. */
  async #kind(id: string): Promise<string | null> {
    const { rows } = await this.#run(
      `SELECT relkind FROM pg_class WHERE oid = ${id} AND relkind IN ('r', 'p', 'v', 'm', 'f')`,
    );
    return rows[0]?.[0] ?? null;
  }

  async #indexes(id: string, nameOf: ReadonlyMap<string, string>): Promise<readonly Index[]> {
    const { rows } = await this.#run(
      `SELECT i.indisprimary, i.indisunique AND i.indimmediate,
         (i.indkey::int2[])[0:i.indnkeyatts - 1]::text,
         i.indpred IS NULL AND am.amname = 'btree'
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
       WHERE i.indrelid = ${id} AND i.indisvalid
       ORDER BY i.indisprimary DESC, i.indnkeyatts, c.relname`,
    );
    return rows.map(([primary, unique, key, whole]) => ({
      primary: primary === 't',
      unique: unique === 't',
      // `{1,2}`, or `[0:1]={1,2}` for arrays that begin at 0; 0 = an expression.
      names: [...(key ?? '').replace(/^.*=/, '').matchAll(/\d+/g)].map(
        ([number]) => nameOf.get(number) ?? '',
      ),
      whole: whole === 't',
    }));
  }

  /** What the planner expects: of the size of the table now, also where nobody ran ANALYZE. */
  async #estimate(item: string): Promise<number | null> {
    const { rows } = await this.#run(`EXPLAIN SELECT * FROM ${item}`).catch(() => ({ rows: [] }));
    const estimated = /rows=(\d+)/.exec(rows[0]?.[0] ?? '')?.[1];
    return estimated === undefined ? null : Number(estimated);
  }
}

interface Index {
  readonly primary: boolean;
  readonly unique: boolean;
  readonly names: readonly string[];
  readonly whole: boolean;
}

/** The primary key, else the smallest unique index whose columns are never null. */
function keyOf(indexes: readonly Index[], nullable: ReadonlySet<string>): readonly string[] {
  const unique = indexes.find(
    ({ primary, unique: isUnique, whole, names }) =>
      primary || (isUnique && whole && names.every((name) => name !== '' && !nullable.has(name))),
  );
  return unique?.names ?? [];
}

/** Names under which all columns of a query can be told apart. */
function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.has(free); number += 1) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
