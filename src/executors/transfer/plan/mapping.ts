import type { Column } from '../../../domain/transfer/columns.ts';
import type { AddedField } from '../../../domain/transfer/definition.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { PlannedTable } from '../../../ports/connector.ts';

/** What decides which source column fills which target column (cdm.md §5.2). */
export interface MappingInput {
  readonly source: { readonly columns: readonly Column[]; readonly named: boolean };
  /** Null = the table does not exist, or the target has no columns of its own. */
  readonly target: readonly Column[] | null;
  /** Columns that the job names, by place; null = none named. */
  readonly from: readonly string[] | null;
  readonly to: readonly string[] | null;
  readonly addedFields: readonly AddedField[];
  /** The source gives only the columns that the job names, under names of its own. */
  readonly chosenBySource: boolean;
  /** Names of the source bind if all of them fit, else its order does: those of a file's header. */
  readonly orderTells: boolean;
  /** Column that the target would make of a source's. */
  readonly columnFor: (source: Column) => Column;
  /** Words for errors, e.g. `orders`. */
  readonly table: string;
}

/** By place: what is read or computed, and what is written. */
export type Mapping = readonly (PlannedTable['columns'][number] & {
  /** Name of the added field; null = a source column. */
  readonly added: string | null;
})[];

/** What a row brings: a source column, or a field that is added. */
interface Bringing {
  readonly name: string;
  readonly source: Column | null;
}

/**
 * Binds columns by place where the job names them, by name where both sides have names (those of a
 * file's header only if all of them fit), else by place. @throws TransferError `column-mismatch`.
 */
export function mapColumns(input: MappingInput): Mapping {
  const brought = broughtBy(input);
  const targets = targetsFor(brought, input);
  return brought.map(({ source, name }, place) => {
    const target = targets[place];
    if (target === undefined) throw mismatch(input, `has no column for place ${place + 1}`);
    return { source, target, added: source === null ? name : null };
  });
}

/** Source columns and added fields in the order in which they travel. */
function broughtBy(input: MappingInput): readonly Bringing[] {
  const { source, from, addedFields, table, chosenBySource } = input;
  const added = addedFields.map(({ name }): Bringing => ({ name, source: null }));
  const all = source.columns.map((column): Bringing => ({ name: column.name, source: column }));
  const strangers = added.filter(({ name }) => named(all, name) === undefined);
  if (from === null) return [...all, ...strangers];
  const listed: Bringing[] = [];
  for (const name of from) {
    const found = named(all, name) ?? named(added, name);
    if (found !== undefined) listed.push(found);
    else if (chosenBySource && source.columns.length === from.length) return [...all, ...strangers];
    else {
      throw new TransferError(
        'column-mismatch',
        `table ${table} has no column ${name}; it has ${names(source.columns)}`,
      );
    }
  }
  return [...listed, ...strangers.filter((field) => !listed.includes(field))];
}

function targetsFor(brought: readonly Bringing[], input: MappingInput): readonly Column[] {
  const { target, from, to, source } = input;
  if (to !== null) {
    if (to.length !== brought.length) {
      throw mismatch(
        input,
        `gets ${brought.length} columns and the job names ${to.length} in the target`,
      );
    }
    return to.map((name, place) => {
      if (target === null) return { ...created(brought[place], input), name };
      return named(target, name) ?? fail(input, `has no column ${name}; it has ${names(target)}`);
    });
  }
  if (target === null) return brought.map((bringing) => created(bringing, input));
  const byName = brought.map(({ name }) => named(target, name));
  const missing = brought.filter((_, place) => byName[place] === undefined);
  if (missing.length === 0 && (source.named || from !== null)) {
    return byName.flatMap((column) => (column === undefined ? [] : [column]));
  }
  // Without names on one side, or with names of the source's alone, the order tells.
  if (source.named && from === null && !input.orderTells) {
    const words = missing.map(({ name }) => name).join(', ');
    throw mismatch(
      input,
      `has no column ${words}; name the columns of both sides, or add it to the target`,
    );
  }
  if (target.length !== brought.length) {
    throw mismatch(
      input,
      `has ${target.length} columns (${names(target)}) and gets ${brought.length}`,
    );
  }
  return target;
}

function created(bringing: Bringing | undefined, { columnFor }: MappingInput): Column {
  const source = bringing?.source ?? {
    name: bringing?.name ?? '',
    type: { kind: 'text' },
    nullable: true,
    nativeType: '',
    comment: '',
    keyPosition: 0,
  };
  return columnFor(source);
}

/** By its name as it stands, else in any case. */
function named<T extends { readonly name: string }>(
  all: readonly T[],
  name: string,
): T | undefined {
  const lower = name.toLowerCase();
  return (
    all.find((one) => one.name === name) ?? all.find((one) => one.name.toLowerCase() === lower)
  );
}

function names(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}

function fail(input: MappingInput, words: string): never {
  throw mismatch(input, words);
}

function mismatch({ table }: MappingInput, words: string): TransferError {
  return new TransferError('column-mismatch', `the target of ${table} ${words}`);
}
