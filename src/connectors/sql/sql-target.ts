import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableTarget, TransferTarget } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type {
  Digester,
  LoaderRequest,
  PlannedTable,
  RowFormat,
  RowLoader,
  RowTarget,
  SourceTable,
  TargetTable,
} from '../../ports/connector.ts';
import type { Database } from './database.ts';

const STAGE_SUFFIX = '_cdm_stage';
/** PostgreSQL cuts longer names silently, MySQL refuses them. */
const MAX_NAME_BYTES = 63;

/**
 * Tables of a database as a target of rows.
 * @throws TransferError `invalid-definition` for a target that is no table.
 */
export function sqlTarget(database: Database, to: TransferTarget): RowTarget {
  if (to.kind !== 'table') {
    throw new TransferError(
      'invalid-definition',
      `a database cannot be written as ${to.kind}; name a table`,
    );
  }
  return new SqlTarget(database, to);
}

/** Where rows stay until all are there (cdm.md §5.6). */
export function stageOf({ schema, name }: TableName): TableName {
  let base = name;
  while (Buffer.byteLength(base) > MAX_NAME_BYTES - STAGE_SUFFIX.length) base = base.slice(0, -1);
  return { schema, name: `${base}${STAGE_SUFFIX}` };
}

/** What happens to a table before rows come, in order (cdm.md §5.6). */
interface Preparation {
  readonly create: readonly string[];
  readonly clear: readonly string[];
  readonly stage: readonly string[];
}

class SqlTarget implements RowTarget {
  readonly grain = 'chunk';
  readonly overlaps: boolean;
  readonly digester: Digester | null;
  readonly #database: Database;
  readonly #to: TableTarget;

  constructor(database: Database, to: TableTarget) {
    this.#database = database;
    this.#to = to;
    this.overlaps = database.overlaps ?? false;
    this.digester = database.digester;
  }

  async look(source: SourceTable): Promise<TargetTable> {
    const { schema, table, preparation } = this.#to;
    const name = { schema, name: table === '' || table === '*' ? source.name.name : table };
    const facts = await this.#database.facts(name);
    if (facts !== null && preparation !== 'recreate') {
      const columns = facts.columns.filter(({ name: known }) => !facts.computed?.includes(known));
      return { name, columns, keyed: facts.key.length > 0 };
    }
    if (preparation === 'none') {
      throw new TransferError(
        'table-missing',
        `table ${shown(name)} does not exist in the target; create it, or let the job create it`,
      );
    }
    const keyed = source.columns.some(({ keyPosition }) => keyPosition > 0);
    return { name, columns: null, keyed };
  }

  columnFor(source: Column): Column {
    const { characterFactor, keepNotNull } = this.#to;
    return this.#database.columnFor(source, { characterFactor, keepNotNull });
  }

  async statements(tables: readonly PlannedTable[]): Promise<readonly (readonly string[])[]> {
    const first = new Set(distinct(tables));
    const { before, after, stage, conflict } = this.#to;
    const lists: (readonly string[])[] = [];
    for (const table of tables) {
      const { create, clear, stage: staging } = await this.#preparation(table);
      const begins = lists.length === 0 && before !== null ? [before] : [];
      const ends = lists.length === tables.length - 1 && after !== null ? [after] : [];
      const move = stage
        ? [
            ...this.#database.moveStage(stageOf(table.target), table, conflict),
            this.#database.dropTable(stageOf(table.target)),
          ]
        : [];
      lists.push(
        first.has(table)
          ? [...create, ...begins, ...clear, ...staging, ...move, ...ends]
          : [...begins, ...ends],
      );
    }
    return lists;
  }

  async prepare(tables: readonly PlannedTable[]): Promise<number> {
    const targets = distinct(tables);
    const { before, stage } = this.#to;
    for (const table of targets) {
      const { create } = await this.#preparation(table);
      await this.#inWords('table-create', `creating table ${shown(table.target)}`, create);
    }
    if (before !== null) await this.#database.execute(before);
    let deleted = 0;
    for (const table of targets) deleted += await this.#clear(table.target);
    if (!stage) return deleted;
    for (const table of targets) {
      await this.#refuseUsedStage(stageOf(table.target));
      const { stage: staging } = await this.#preparation(table);
      await this.#inWords('stage-failed', `staging table ${shown(table.target)}`, staging);
    }
    return deleted;
  }

  formats(table: PlannedTable): readonly RowFormat[] {
    return this.#database.loaderFormats(table, this.#to.conflict);
  }

  open(request: LoaderRequest): Promise<RowLoader> {
    const { target } = request.table;
    const into = this.#to.stage ? stageOf(target) : target;
    return this.#database.loader({ ...request, into, conflict: this.#to.conflict });
  }

  outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'> {
    return this.#database.outcome(token);
  }

  async finish(tables: readonly PlannedTable[], runId: string): Promise<null> {
    const { stage, after, conflict } = this.#to;
    for (const table of stage ? distinct(tables) : []) {
      const from = stageOf(table.target);
      // Not there: this table was finished before a crash.
      if ((await this.#database.facts(from)) === null) continue;
      try {
        await this.#database.transaction(this.#database.moveStage(from, table, conflict));
      } catch (error) {
        throw inWords(error, 'stage-failed', `moving ${from.name} into ${shown(table.target)}`);
      }
      await this.#database.execute(this.#database.dropTable(from));
    }
    if (after !== null) await this.#database.execute(after);
    await this.#forgetCommits(tables, runId);
    return null;
  }

  async abandon(tables: readonly PlannedTable[], runId: string): Promise<void> {
    await this.#forgetCommits(tables, runId);
    if (!this.#to.stage) return;
    for (const table of distinct(tables)) {
      await this.#database.execute(this.#database.dropTable(stageOf(table.target)));
    }
  }

  async #forgetCommits(tables: readonly PlannedTable[], runId: string): Promise<void> {
    const targets = tables.map(({ target }) => target);
    await this.#database.forgetCommits?.(targets, runId);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #preparation(table: PlannedTable): Promise<Preparation> {
    const { preparation, clear } = this.#to;
    const name = table.target;
    const stageName = stageOf(name);
    const staging = this.#to.stage
      ? [this.#database.dropTable(stageName), ...this.#database.createLike(stageName, name)]
      : [];
    const clearing =
      clear.kind === 'all'
        ? [this.#database.truncate(name)]
        : clear.kind === 'where'
          ? [`DELETE FROM ${this.#database.tableItem(name)} WHERE ${clear.where}`]
          : [];
    const there = preparation !== 'none' && (await this.#database.facts(name)) !== null;
    if (preparation === 'none' || (preparation === 'create' && there)) {
      return { create: [], clear: clearing, stage: staging };
    }
    const schema = await this.#missingSchema(name.schema);
    const create = [
      ...schema,
      ...(there ? [this.#database.dropTable(name)] : []),
      ...this.#database.createTable(
        name,
        table.columns.map(({ target }) => target),
      ),
    ];
    return { create, clear: clearing, stage: staging };
  }

  async #missingSchema(schema: string): Promise<readonly string[]> {
    if (schema === '' || (await this.#database.schemas()).includes(schema)) return [];
    const statement = this.#database.createSchema(schema);
    return statement === null ? [] : [statement];
  }

  /** @returns rows that a predicate removed. */
  async #clear(name: TableName): Promise<number> {
    const { clear } = this.#to;
    const item = this.#database.tableItem(name);
    if (clear.kind === 'none') return 0;
    if (clear.kind === 'where') {
      return this.#database.execute(`DELETE FROM ${item} WHERE ${clear.where}`);
    }
    try {
      await this.#database.execute(this.#database.truncate(name));
    } catch (error) {
      if (!(error instanceof TransferError) || error.transient) throw error;
      // Foreign keys and missing rights forbid the one and allow the other.
      await this.#database.execute(`DELETE FROM ${item}`);
    }
    return 0;
  }

  async #refuseUsedStage(stage: TableName): Promise<void> {
    if ((await this.#database.facts(stage)) === null) return;
    const rows = await this.#database.query(
      `SELECT 1 FROM ${this.#database.tableItem(stage)} LIMIT 1`,
    );
    if (rows.length > 0) {
      throw new TransferError(
        'stage-failed',
        `stage table ${shown(stage)} holds rows of another load; drop it, or wait for that load to end`,
      );
    }
  }

  async #inWords(
    code: 'table-create' | 'stage-failed',
    what: string,
    statements: readonly string[],
  ): Promise<void> {
    try {
      for (const statement of statements) await this.#database.execute(statement);
    } catch (error) {
      throw inWords(error, code, what);
    }
  }
}

/** One planned table for each target: those of a pattern share theirs. */
function distinct(tables: readonly PlannedTable[]): readonly PlannedTable[] {
  return [...new Map(tables.map((table) => [JSON.stringify(table.target), table])).values()];
}

function inWords(error: unknown, code: 'table-create' | 'stage-failed', what: string): unknown {
  if (!(error instanceof TransferError) || error.transient) return error;
  if (error.code !== 'sql-failed' && error.code !== 'write-failed') return error;
  return new TransferError(code, `${what} failed: ${error.message}`, { cause: error });
}

function shown({ schema, name }: TableName): string {
  return schema === '' ? name : `${schema}.${name}`;
}
