import type { OverviewView } from '../../../../src/dialects/native/views/overview.ts';
import { path } from '../../api/client.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { Section } from '../../design/page.tsx';
import { Badge, StateBadge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useWords } from './words.ts';

type Props = { readonly overview: OverviewView };
type RunRow = OverviewView['failed'][number];
type Missed = OverviewView['missed'][number];
type NextFiring = OverviewView['next'][number];

const runPage = (run: string): string => path`/console/runs/${run}`;
const templatePage = (template: string): string => path`/console/templates/${template}`;

function None({ text }: { readonly text: string }) {
  return <p className="overview-none">{text}</p>;
}

/** The newest runs that failed. */
export function Failed({ overview: { failed } }: Props) {
  const words = useWords();
  const columns: readonly Column<RunRow>[] = [
    { id: 'template', title: words.template, main: true, cell: (run) => run.templateName },
    {
      id: 'reason',
      title: words.reason,
      wideOnly: true,
      cell: (run) => <span className="overview-reason">{run.message}</span>,
    },
    { id: 'ended', title: words.ended, tight: true, cell: (run) => <Time atMs={run.endedAtMs} /> },
  ];
  return (
    <Section title={words.failedTitle} flush>
      <DataTable
        caption={words.failedTitle}
        columns={columns}
        list={{ rows: failed }}
        rowKey={(run) => run.id}
        href={(run) => runPage(run.id)}
        empty={<None text={words.failedEmpty} />}
      />
    </Section>
  );
}

/** A run that waits too long, or a firing that made none. */
type Overdue =
  | { readonly kind: 'late'; readonly run: RunRow }
  | { readonly kind: 'missed'; readonly firing: Missed };

/** What should have run by now. */
export function Late({ overview: { late, missed } }: Props) {
  const words = useWords();
  const format = useFormat();
  const rows: readonly Overdue[] = [
    ...late.map((run) => ({ kind: 'late' as const, run })),
    ...missed.map((firing) => ({ kind: 'missed' as const, firing })),
  ];
  const columns: readonly Column<Overdue>[] = [
    {
      id: 'template',
      title: words.template,
      main: true,
      cell: (row) => (row.kind === 'late' ? row.run.templateName : row.firing.templateName),
    },
    {
      id: 'what',
      title: words.what,
      cell: (row) =>
        row.kind === 'late' ? (
          <StateBadge state="late" />
        ) : (
          <>
            <Badge tone="warn">{words.outcomes[row.firing.outcome]}</Badge>{' '}
            {row.firing.count > 1 ? words.firings(format.number(row.firing.count)) : null}
          </>
        ),
    },
    {
      id: 'reason',
      title: words.reason,
      wideOnly: true,
      cell: (row) => (
        <span className="overview-reason">
          {row.kind === 'late' ? words.lateRun : row.firing.reason}
        </span>
      ),
    },
    {
      id: 'due',
      title: words.due,
      tight: true,
      cell: (row) => (
        <Time atMs={row.kind === 'late' ? row.run.notBeforeMs : row.firing.nominalMs} />
      ),
    },
  ];
  return (
    <Section title={words.lateTitle} flush>
      <DataTable
        caption={words.lateTitle}
        columns={columns}
        list={{ rows }}
        rowKey={(row) =>
          row.kind === 'late'
            ? row.run.id
            : `${row.firing.templateId} ${row.firing.nominalMs} ${row.firing.decidedAtMs}`
        }
        href={(row) =>
          row.kind === 'late' ? runPage(row.run.id) : templatePage(row.firing.templateId)
        }
        empty={<None text={words.lateEmpty} />}
      />
    </Section>
  );
}

/** What comes next. */
export function Next({ overview: { next } }: Props) {
  const words = useWords();
  const columns: readonly Column<NextFiring>[] = [
    { id: 'template', title: words.template, main: true, cell: (row) => row.templateName },
    { id: 'namespace', title: words.namespace, wideOnly: true, cell: (row) => row.namespace },
    {
      id: 'dialect',
      title: words.dialect,
      tight: true,
      wideOnly: true,
      cell: (row) => row.dialect,
    },
    { id: 'when', title: words.when, tight: true, cell: (row) => <Time atMs={row.nextAtMs} /> },
  ];
  return (
    <Section title={words.nextTitle} flush>
      <DataTable
        caption={words.nextTitle}
        columns={columns}
        list={{ rows: next }}
        rowKey={(row) => row.templateId}
        href={(row) => templatePage(row.templateId)}
        empty={<None text={words.nextEmpty} />}
      />
    </Section>
  );
}
