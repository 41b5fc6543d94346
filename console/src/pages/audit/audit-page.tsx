import Pause from 'lucide-react/icons/pause';
import Play from 'lucide-react/icons/play';
import ScrollText from 'lucide-react/icons/scroll-text';
import { useDeferredValue, useState } from 'react';
import type { AuditLineView } from '../../../../src/dialects/native/views/audit.ts';
import type { LiveState } from '../../api/live.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Page } from '../../design/page.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { AuditFilters } from './audit-filters.tsx';
import { AuditLineDialog, Outcome } from './audit-line.tsx';
import { useAuditFilter } from './use-audit-filter.ts';
import { useAuditLines } from './use-audit-lines.ts';
import { useAuditWords } from './words.ts';
import './audit.css';

/** Who did what: the audit log, live. */
export default function AuditPage() {
  const words = useAuditWords();
  const { may } = useRights();
  const filter = useAuditFilter();
  const query = useDeferredValue(filter.query);
  const mayFollow = may('FollowAuditLines');
  const [isPaused, setPaused] = useState(false);
  const [open, setOpen] = useState<AuditLineView | null>(null);
  const { list, fresh, state } = useAuditLines(query, mayFollow && !isPaused);
  const columns = useAuditColumns();

  const action = list.hasMore ? (
    <Button label={words.lookFurther} busy={list.isLoadingMore} onClick={() => list.loadMore()} />
  ) : null;
  const empty = filter.isSet ? (
    <EmptyState
      icon={ScrollText}
      title={list.hasMore ? words.nothingYet : words.nothingFits}
      action={action}
    />
  ) : (
    <EmptyState icon={ScrollText} title={words.emptyTitle} hint={words.emptyHint} />
  );
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      actions={
        mayFollow ? (
          <Live state={state} isPaused={isPaused} fresh={fresh} onPause={setPaused} />
        ) : undefined
      }
    >
      <AuditFilters filter={filter} />
      <DataTable
        caption={words.title}
        columns={columns}
        list={list}
        rowKey={(line) => String(line.id)}
        onOpen={setOpen}
        empty={empty}
        waits={query !== filter.query}
      />
      {open === null ? null : <AuditLineDialog line={open} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function Live({
  state,
  isPaused,
  fresh,
  onPause,
}: {
  readonly state: LiveState;
  readonly isPaused: boolean;
  readonly fresh: number;
  readonly onPause: (paused: boolean) => void;
}) {
  const words = useAuditWords();
  const format = useFormat();
  const shown = isPaused ? 'paused' : state;
  return (
    <div className="audit-live">
      <span role="status" aria-live="polite">
        <Badge tone={shown === 'live' ? 'run' : shown === 'lost' ? 'warn' : 'idle'}>
          {words.liveStates[shown]}
        </Badge>
        {fresh > 0 ? (
          <span className="audit-code">{words.arrived(format.number(fresh))}</span>
        ) : null}
      </span>
      <Button
        label={isPaused ? words.resume : words.pause}
        icon={isPaused ? Play : Pause}
        onClick={() => onPause(!isPaused)}
      />
    </div>
  );
}

function useAuditColumns(): readonly Column<AuditLineView>[] {
  const words = useAuditWords();
  return [
    {
      id: 'time',
      title: words.time,
      tight: true,
      cell: (line) => <Time atMs={line.atMs} absolute />,
    },
    {
      id: 'user',
      title: words.user,
      tight: true,
      wideOnly: true,
      cell: (line) =>
        line.user === '' ? <span className="muted">{words.nobody}</span> : line.user,
    },
    {
      id: 'dialect',
      title: words.dialect,
      tight: true,
      wideOnly: true,
      cell: (line) => line.dialect,
    },
    {
      id: 'operation',
      title: words.operation,
      main: true,
      cell: (line) => (
        <span className="audit-operation">
          {line.operation}
          <span className="audit-by">{line.user === '' ? words.nobody : line.user}</span>
        </span>
      ),
    },
    {
      id: 'outcome',
      title: words.outcome,
      cell: (line) => (
        <span className="audit-outcome">
          <Outcome line={line} />
          {line.code === '' ? null : <span className="audit-code">{line.code}</span>}
        </span>
      ),
    },
    {
      id: 'resource',
      title: words.resource,
      wideOnly: true,
      cell: (line) => <span className="mono breaks">{line.resource}</span>,
    },
    {
      id: 'from',
      title: words.from,
      tight: true,
      wideOnly: true,
      cell: (line) => <span className="mono">{line.sourceIp}</span>,
    },
  ];
}
