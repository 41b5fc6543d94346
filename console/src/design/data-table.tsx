import { type KeyboardEvent, type MouseEvent, type ReactNode, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useFormat } from '../i18n/format.ts';
import { Button } from './button.tsx';
import { ProblemBox } from './problem-box.tsx';
import { Skeleton } from './skeleton.tsx';
import { useDesignWords } from './words.ts';
import './data-table.css';

/** One column of a table. */
export interface Column<R> {
  readonly id: string;
  /** Heading; '' is read as "Actions". */
  readonly title: string;
  readonly cell: (row: R) => ReactNode;
  /** The column that names the row: its text is the row's link. At most one. */
  readonly main?: boolean;
  /** Numbers stand at the end of their column. */
  readonly end?: boolean;
  /** As narrow as its content, which does not wrap. */
  readonly tight?: boolean;
  /** Not shown on narrow screens. */
  readonly wideOnly?: boolean;
}

/** The part of a list that a table shows; `useCursorList` returns one. */
export interface TableList<R> {
  readonly rows: readonly R[];
  readonly isLoading?: boolean;
  readonly error?: Error | null;
  readonly hasMore?: boolean;
  readonly isLoadingMore?: boolean;
  loadMore?(): void;
  refetch?(): void;
}

/**
 * A table of rows. With `href` or `onOpen` rows lead somewhere: by a click anywhere on them, or by
 * their main column with the keyboard; the arrows (also j and k), Home and End move among them.
 */
export function DataTable<R>({
  caption,
  columns,
  list,
  rowKey,
  href,
  onOpen,
  empty,
  waits = false,
}: {
  /** Read to those who do not see the page around it. */
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly list: TableList<R>;
  readonly rowKey: (row: R) => string;
  readonly href?: (row: R) => string;
  readonly onOpen?: (row: R) => void;
  /** Shown when there is no row: an EmptyState. */
  readonly empty: ReactNode;
  /** Rows of another query are shown until those asked for are there. */
  readonly waits?: boolean;
}) {
  const words = useDesignWords();
  const [, navigate] = useLocation();
  const body = useRef<HTMLTableSectionElement>(null);

  if (list.error !== null && list.error !== undefined && list.rows.length === 0) {
    return <ProblemBox error={list.error} retry={list.refetch} />;
  }
  if (list.isLoading === true) return <Skeleton rows={6} />;
  if (list.rows.length === 0) return empty;

  const opens = href !== undefined || onOpen !== undefined;
  const open = (row: R): void => {
    if (onOpen !== undefined) onOpen(row);
    else if (href !== undefined) navigate(href(row));
  };
  const click = (event: MouseEvent, row: R): void => {
    const target = event.target as Element;
    const selecting = (window.getSelection()?.toString() ?? '') !== '';
    if (selecting || target.closest('a, button, input, select, label, summary') !== null) return;
    open(row);
  };
  const main = (row: R, column: Column<R>): ReactNode => {
    if (column.main !== true || !opens) return column.cell(row);
    if (href !== undefined) {
      return (
        <Link href={href(row)} data-row-link="">
          {column.cell(row)}
        </Link>
      );
    }
    return (
      <button type="button" data-row-link="" onClick={() => open(row)}>
        {column.cell(row)}
      </button>
    );
  };

  return (
    <div className="table-frame">
      <div
        className="table-scroll"
        {...(opens ? {} : { tabIndex: 0, role: 'region', 'aria-label': caption })}
      >
        <table className={waits ? 'table table-waits' : 'table'} aria-busy={waits || undefined}>
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.id} scope="col" className={classOf(column)}>
                  {column.title === '' ? (
                    <span className="visually-hidden">{words.actions}</span>
                  ) : (
                    column.title
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={(event) => moveAmongRows(event, body.current)}>
            {list.rows.map((row) => (
              <tr
                key={rowKey(row)}
                className={opens ? 'table-clickable' : undefined}
                onClick={opens ? (event) => click(event, row) : undefined}
              >
                {columns.map((column) => (
                  <td key={column.id} className={classOf(column)}>
                    {main(row, column)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Foot list={list} />
    </div>
  );
}

function Foot<R>({ list }: { readonly list: TableList<R> }) {
  const words = useDesignWords();
  const format = useFormat();
  if (list.hasMore !== true) return null;
  return (
    <div className="table-foot">
      <span>{words.rows(format.number(list.rows.length))}</span>
      <Button
        label={list.isLoadingMore === true ? words.loading : words.loadMore}
        busy={list.isLoadingMore === true}
        onClick={() => list.loadMore?.()}
      />
    </div>
  );
}

function classOf<R>(column: Column<R>): string | undefined {
  const names = [
    column.main === true ? 'table-main' : '',
    column.end === true ? 'table-end' : '',
    column.tight === true ? 'table-tight' : '',
    column.wideOnly === true ? 'table-wide-only' : '',
  ].filter(Boolean);
  return names.length === 0 ? undefined : names.join(' ');
}

const steps: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  j: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  k: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_at, last) => last,
};

function moveAmongRows(event: KeyboardEvent, body: HTMLTableSectionElement | null): void {
  const step = steps[event.key];
  const target = event.target as HTMLElement;
  if (step === undefined || body === null || event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.dataset['rowLink'] === undefined) return;
  const links = [...body.querySelectorAll<HTMLElement>('[data-row-link]')];
  event.preventDefault();
  links[step(links.indexOf(target), links.length - 1)]?.focus();
}
