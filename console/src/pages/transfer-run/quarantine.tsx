import Download from 'lucide-react/icons/download';
import { useDeferredValue, useMemo, useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type {
  QuarantinedRowView,
  QuarantinePage,
} from '../../../../src/dialects/native/views/transfer-report.ts';
import { addressOf, api, path } from '../../api/client.ts';
import { useRights } from '../../api/session.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput, Select } from '../../design/field.tsx';
import { Button } from '../../design/button.tsx';
import { Facts, Toolbar, ToolbarSpace } from '../../design/page.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useTransferWords } from './words.ts';
import './transfer.css';

const pageRows = 50;
const noPages: readonly QuarantinePage[] = [];

/** Rows that a run kept out of the target: reasons, places and values, to be searched and taken home. */
export function QuarantineBrowser({
  runId,
  shards,
  rejected,
}: {
  readonly runId: string;
  readonly shards: readonly number[];
  /** How many there are now: more are read when it grows. */
  readonly rejected: number;
}) {
  const words = useTransferWords();
  const format = useFormat();
  const { may } = useRights();
  const [typed, setTyped] = useState('');
  const contains = useDeferredValue(typed);
  const [shard, setShard] = useState('');
  const [opened, setOpened] = useState<QuarantinedRowView | null>(null);
  const filter = { contains, shard };
  const operation = path`/runs/${runId}/quarantine`;
  const list = useInfiniteQuery({
    // Rows that come are at the end: what was read stays as it is until somebody wants more.
    queryKey: [operation, filter, rejected > 0],
    queryFn: ({ pageParam, signal }) =>
      api.get<QuarantinePage>(operation, {
        query: { ...filter, cursor: pageParam, limit: pageRows },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
  const pages = list.data?.pages ?? noPages;
  const known = pages.at(-1)?.total ?? 0;
  const rows = pages.flatMap((page) => page.rows);
  const names = useMemo(
    () => Object.assign({}, ...pages.map((page) => page.columns)) as QuarantinePage['columns'],
    [pages],
  );
  const isFiltered = contains !== '' || shard !== '';
  const more = list.hasNextPage ? (
    <Button label={words.lookFurther} onClick={() => void list.fetchNextPage()} />
  ) : null;
  return (
    <>
      <Toolbar label={words.filters}>
        <SearchInput value={typed} onChange={setTyped} label={words.searchRejected} />
        {shards.length > 1 ? (
          <Select
            label={words.shard}
            value={shard}
            onChange={setShard}
            options={[
              ['', words.anyShard],
              ...shards.map((one) => [String(one), words.shardName(format.number(one))] as const),
            ]}
          />
        ) : null}
        {rejected > known && !list.isFetching && known > 0 ? (
          <Button
            label={words.newRejected(format.number(rejected - known))}
            onClick={() => void list.refetch()}
          />
        ) : null}
        <ToolbarSpace />
        {may('DownloadQuarantine') && rejected > 0 ? (
          <a
            className="button button-default"
            href={addressOf(`${operation}/csv`, filter)}
            download
          >
            <Download aria-hidden="true" />
            {words.download}
          </a>
        ) : null}
      </Toolbar>
      <DataTable
        caption={words.tabNames.rejected}
        columns={useColumns(names)}
        list={{
          rows,
          isLoading: list.isLoading,
          error: list.error,
          hasMore: list.hasNextPage,
          isLoadingMore: list.isFetchingNextPage,
          loadMore: () => void list.fetchNextPage(),
          refetch: () => void list.refetch(),
        }}
        rowKey={({ id }) => String(id)}
        onOpen={setOpened}
        empty={
          isFiltered ? (
            <EmptyState title={words.noRejectedFits} action={more} />
          ) : (
            <EmptyState title={words.noneRejected} hint={words.noneRejectedHint} />
          )
        }
      />
      {opened === null ? null : (
        <RowDialog row={opened} names={names[opened.table] ?? []} onClose={() => setOpened(null)} />
      )}
    </>
  );
}

function useColumns(names: QuarantinePage['columns']): readonly Column<QuarantinedRowView>[] {
  const words = useTransferWords();
  const format = useFormat();
  return [
    {
      id: 'reason',
      title: words.reason,
      main: true,
      cell: ({ reason }) => <span className="quarantine-reason">{reason}</span>,
    },
    {
      id: 'fields',
      title: words.fields,
      cell: (row) => (
        <span className="mono quarantine-fields">{rowText(row, names[row.table] ?? [])}</span>
      ),
    },
    {
      id: 'where',
      title: words.place,
      wideOnly: true,
      cell: ({ where }) => <span className="breaks">{where}</span>,
    },
    {
      id: 'table',
      title: words.table,
      wideOnly: true,
      cell: ({ table }) => <span className="breaks">{table}</span>,
    },
    {
      id: 'shard',
      title: words.shard,
      tight: true,
      end: true,
      wideOnly: true,
      cell: ({ shard }) => format.number(shard),
    },
  ];
}

/** Most characters of a row that a line of the table is given. */
const maxRowChars = 300;

function rowText({ fields }: QuarantinedRowView, names: readonly string[]): string {
  const text = fields
    .map((field, place) => {
      const value = field ?? 'NULL';
      const name = names[place];
      return name === undefined || fields.length !== names.length ? value : `${name}=${value}`;
    })
    .join(', ');
  return text.length > maxRowChars ? `${text.slice(0, maxRowChars)}…` : text;
}

function RowDialog({
  row,
  names,
  onClose,
}: {
  readonly row: QuarantinedRowView;
  readonly names: readonly string[];
  readonly onClose: () => void;
}) {
  const words = useTransferWords();
  const format = useFormat();
  const fits = names.length === row.fields.length;
  return (
    <Dialog title={words.rowTitle(format.number(row.id))} wide onClose={onClose}>
      <Facts
        rows={[
          [words.reason, row.reason],
          [words.table, row.table],
          [words.place, row.where],
          [words.shard, format.number(row.shard)],
        ]}
      />
      <div className="table-frame">
        <div className="table-scroll" tabIndex={0} role="region" aria-label={words.fields}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col" className="table-tight">
                  {words.field}
                </th>
                <th scope="col">{words.value}</th>
              </tr>
            </thead>
            <tbody>
              {row.fields.map((field, place) => (
                <tr key={place}>
                  <td className="table-tight">{fits ? names[place] : place + 1}</td>
                  <td className="mono breaks">
                    {field === null ? (
                      <span className="muted">{words.nullValue}</span>
                    ) : field === '' ? (
                      <span className="muted">{words.emptyValue}</span>
                    ) : (
                      field
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Dialog>
  );
}
