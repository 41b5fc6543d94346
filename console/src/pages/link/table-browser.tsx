import { type KeyboardEvent, useState } from 'react';
import type { ColumnList, TableList } from '../../../../src/dialects/native/views/link.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Field, Input, SearchInput } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useLinkWords } from './words.ts';

/** Most tables that are asked for, and of these most that are shown at once. */
const maxTables = 10_000;
const maxShown = 500;

/** Tables that a link reaches, and the columns of the chosen one. */
export function TableBrowser({
  namespace,
  link,
}: {
  readonly namespace: string;
  readonly link: string;
}) {
  const words = useLinkWords();
  const format = useFormat();
  const [schema, setSchema] = useSearchSetting('schema');
  const [typed, setTyped] = useState(schema);
  const [table, setTable] = useSearchSetting('table');
  const [search, setSearch] = useState('');
  const tables = useRead<TableList>(path`/links/${namespace}/${link}/tables`, {
    query: { schema, limit: maxTables },
  });
  const rows = tables.data?.rows ?? [];
  const fitting = rows.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  const known = rows.length === maxTables ? words.firstTables : words.tables;
  return (
    <div className="browser">
      <div className="browser-tables">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setSchema(typed.trim());
          }}
        >
          <Field label={words.schema} hint={words.schemaHint}>
            <Input
              value={typed}
              onChange={setTyped}
              onBlur={() => setSchema(typed.trim())}
              maxLength={1_024}
              spellCheck={false}
            />
          </Field>
        </form>
        <SearchInput value={search} onChange={setSearch} label={words.searchTables} />
        {tables.isLoading ? <Skeleton rows={5} /> : null}
        <ProblemBox error={tables.error} retry={() => void tables.refetch()} />
        {tables.data === undefined ? null : rows.length === 0 ? (
          <EmptyState title={words.noTables} hint={words.noTablesHint} />
        ) : (
          <>
            {fitting.length === 0 ? (
              <p className="muted">{words.noTableFits}</p>
            ) : (
              <TableNames tables={fitting.slice(0, maxShown)} chosen={table} onChoose={setTable} />
            )}
            <span className="muted" aria-live="polite">
              {fitting.length > maxShown
                ? words.firstTables(format.number(maxShown))
                : known(format.number(fitting.length))}
            </span>
          </>
        )}
      </div>
      {table === '' ? (
        <EmptyState title={words.chooseTable} />
      ) : (
        <Columns namespace={namespace} link={link} schema={schema} table={table} />
      )}
    </div>
  );
}

/** The names: one stop of Tab however many there are; the arrows, Home and End move among them. */
function TableNames({
  tables,
  chosen,
  onChoose,
}: {
  readonly tables: TableList['rows'];
  readonly chosen: string;
  readonly onChoose: (table: string) => void;
}) {
  const [visited, setVisited] = useState('');
  const has = (wanted: string): boolean => tables.some(({ name }) => name === wanted);
  const stop = has(visited) ? visited : has(chosen) ? chosen : tables[0]?.name;
  return (
    <ul className="browser-list" onKeyDown={moveAmongTables}>
      {tables.map(({ schema: within, name }) => (
        <li key={`${within}.${name}`}>
          <button
            type="button"
            className="browser-table"
            aria-current={name === chosen ? 'true' : undefined}
            tabIndex={name === stop ? 0 : -1}
            onFocus={() => setVisited(name)}
            onClick={() => onChoose(name)}
          >
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}

function moveAmongTables(event: KeyboardEvent<HTMLUListElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.findIndex((button) => button === event.target);
  const last = buttons.length - 1;
  const next = {
    ArrowDown: Math.min(at + 1, last),
    ArrowUp: Math.max(at - 1, 0),
    Home: 0,
    End: last,
  }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  buttons[next]?.focus();
}

function Columns({
  namespace,
  link,
  schema,
  table,
}: {
  readonly namespace: string;
  readonly link: string;
  readonly schema: string;
  readonly table: string;
}) {
  const words = useLinkWords();
  const list = useRead<ColumnList>(path`/links/${namespace}/${link}/tables/${table}`, {
    query: { schema },
  });
  const columns = useColumnColumns();
  return (
    <DataTable
      caption={words.columnsOf(table)}
      columns={columns}
      list={{
        rows: list.data?.rows ?? [],
        isLoading: list.isLoading,
        error: list.error,
        refetch: () => void list.refetch(),
      }}
      rowKey={({ name }) => name}
      empty={<EmptyState title={words.chooseTable} />}
    />
  );
}

function useColumnColumns(): readonly Column<ColumnList['rows'][number]>[] {
  const words = useLinkWords();
  const format = useFormat();
  return [
    {
      id: 'name',
      title: words.column,
      main: true,
      cell: ({ name, keyPosition }) => (
        <>
          {name}{' '}
          {keyPosition > 0 ? <Badge>{words.keyPlace(format.number(keyPosition))}</Badge> : null}
        </>
      ),
    },
    {
      id: 'type',
      title: words.type,
      cell: ({ type, nativeType }) => (
        <span className="mono" title={type}>
          {nativeType === '' ? type : nativeType}
        </span>
      ),
    },
    {
      id: 'nullable',
      title: words.nullable,
      tight: true,
      cell: ({ nullable }) => (nullable ? words.yes : words.no),
    },
    {
      id: 'comment',
      title: words.comment,
      wideOnly: true,
      cell: ({ comment }) => (
        <span className="breaks">{comment === '' ? words.none : comment}</span>
      ),
    },
  ];
}
