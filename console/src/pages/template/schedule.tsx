import type {
  OccurrenceView,
  TemplateScheduleView,
} from '../../../../src/dialects/native/views/schedule.ts';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Facts, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { ScheduleText } from '../templates/schedule-text.tsx';
import { HeatMap } from './heat-map.tsx';
import { Ledger } from './ledger.tsx';
import { reasonText } from './reason-text.ts';
import { useTemplateWords } from './words.ts';

const refreshMs = 15_000;
const shownTimes = '20';

/** When it runs by itself: rules, next times with the rule of each, days, and what became of past ones. */
export function Schedule({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { may } = useRights();
  const { data, error, refetch } = useRead<TemplateScheduleView>(
    path`/templates/${template.id}/schedule`,
    { query: { count: shownTimes }, refreshMs },
  );
  if (data === undefined) {
    return error === null ? (
      <Skeleton rows={8} />
    ) : (
      <ProblemBox error={error} retry={() => void refetch()} />
    );
  }
  if (data.schedule === null) {
    return <EmptyState title={words.noSchedule} hint={words.noScheduleHint} />;
  }
  return (
    <>
      <div className="template-sections">
        <Rules state={data} />
        {may('GetTemplateScheduleDays') ? <HeatMap template={template} /> : null}
      </div>
      <NextTimes state={data} zone={data.schedule.zone} />
      {may('ListTemplateFirings') ? <Ledger template={template} /> : null}
    </>
  );
}

function Rules({ state }: { readonly state: TemplateScheduleView }) {
  const words = useTemplateWords();
  const format = useFormat();
  const { schedule, nextFiringAtMs, note } = state;
  if (schedule === null) return null;
  const { misfire, calendars, dst, startAtMs, endAtMs, zone } = schedule;
  const missed =
    misfire.policy === 'all'
      ? words.misfires.all(format.number(misfire.maxCatchUp))
      : words.misfires[misfire.policy];
  return (
    <Section title={words.tabs.schedule}>
      <Facts
        rows={[
          [words.timing, <ScheduleText key="timing" schedule={schedule} />],
          [words.zone, zone],
          [
            words.nextFiring,
            nextFiringAtMs === null ? (
              note
            ) : (
              <Time atMs={nextFiringAtMs} zone={zoneOf(zone)} absolute />
            ),
          ],
          [words.dst, `${words.dstSkipped[dst.skipped]}; ${words.dstDoubled[dst.doubled]}`],
          [words.misfire, missed],
          [
            words.calendars,
            calendars.length === 0 ? null : calendars.map(({ name }) => name).join(', '),
          ],
          [words.begins, startAtMs === null ? null : <Time atMs={startAtMs} absolute />],
          [words.ends, endAtMs === null ? null : <Time atMs={endAtMs} absolute />],
        ]}
      />
    </Section>
  );
}

/** A zone that browsers know: offsets such as GMT+8 are written their way. */
export function zoneOf(zone: string): string {
  const offset = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(zone);
  const name =
    offset === null
      ? zone
      : `${offset[1] ?? '+'}${(offset[2] ?? '0').padStart(2, '0')}:${offset[3] ?? '00'}`;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

function NextTimes({
  state,
  zone,
}: {
  readonly state: TemplateScheduleView;
  readonly zone: string;
}) {
  const words = useTemplateWords();
  const columns = useTimeColumns(zone);
  return (
    <Section title={words.nextTimes} flush>
      <DataTable
        caption={words.nextTimes}
        columns={columns}
        list={{ rows: state.occurrences }}
        rowKey={({ nominalAtMs, rule }) => `${nominalAtMs} ${rule}`}
        empty={<EmptyState title={state.note === '' ? words.noSchedule : state.note} />}
      />
    </Section>
  );
}

function useTimeColumns(zone: string): readonly Column<OccurrenceView>[] {
  const words = useTemplateWords();
  return [
    {
      id: 'local',
      title: `${words.localTime} (${zone})`,
      tight: true,
      cell: ({ localTime }) => <span className="number">{localTime.replace('T', ' ')}</span>,
    },
    {
      id: 'yours',
      title: words.yourTime,
      tight: true,
      wideOnly: true,
      cell: ({ nominalAtMs }) => <Time atMs={nominalAtMs} absolute />,
    },
    {
      id: 'in',
      title: words.in,
      tight: true,
      cell: ({ nominalAtMs }) => <Time atMs={nominalAtMs} />,
    },
    {
      id: 'outcome',
      title: words.outcome,
      tight: true,
      cell: ({ fires }) => (
        <Badge tone={fires ? 'ok' : 'warn'}>{fires ? words.fires : words.dropped}</Badge>
      ),
    },
    {
      id: 'rule',
      title: words.rule,
      tight: true,
      wideOnly: true,
      cell: ({ rule }) =>
        rule.startsWith('dst-') ? (
          <Badge tone="warn">{rule}</Badge>
        ) : (
          <span className="mono">{rule}</span>
        ),
    },
    { id: 'reason', title: words.reason, wideOnly: true, cell: (row) => reasonText(row, words) },
  ];
}
