import type { DoctorView, InfoView } from '../../../../src/dialects/native/views/info.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Facts, Page, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { Badge, StateBadge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';
import './about.css';

const useWords = defineWords({ en, zh });

const refreshMs = 10_000;

/** What this server is, and what works on its machine. */
export default function AboutPage() {
  const words = useWords();
  const { may } = useRights();
  const info = useRead<InfoView>('/info', { refreshMs });
  return (
    <Page title={words.title}>
      {info.isLoading ? <Skeleton /> : null}
      {info.data === undefined ? (
        <ProblemBox error={info.error} retry={() => void info.refetch()} />
      ) : (
        <InfoSections info={info.data} />
      )}
      {may('GetDoctor') ? <Doctor /> : null}
    </Page>
  );
}

function InfoSections({ info }: { readonly info: InfoView }) {
  const words = useWords();
  const format = useFormat();
  const { stats } = info;
  return (
    <div className="about-columns">
      <Section title={words.server}>
        <Facts
          rows={[
            [words.version, info.version],
            [words.address, info.url],
            [words.region, info.region],
            [words.account, info.accountId],
            [words.dataDir, <code key="folder">{info.dataDir}</code>],
            [words.started, <Time key="time" atMs={info.startedAtMs} absolute />],
            [
              words.readiness,
              info.ready ? (
                <Badge key="ready" tone="ok">
                  {words.ready}
                </Badge>
              ) : (
                <span key="reason">
                  <Badge tone="bad">{words.notReady}</Badge> {info.reason}
                </span>
              ),
            ],
          ]}
        />
      </Section>
      <div className="about-stack">
        <Section title={words.sinceStart}>
          <Facts
            rows={[
              [words.accepted, format.number(stats.runsAccepted)],
              [words.finished, format.number(stats.runsFinished)],
              [words.attempts, format.number(stats.attemptsStarted)],
              [words.stale, format.number(stats.staleReports)],
            ]}
          />
        </Section>
        <Section title={words.documents}>
          <ul className="about-links">
            <li>
              <a href="/api/v1/openapi.json">{words.openapi}</a>
            </li>
            <li>
              <a href="/metrics">{words.metrics}</a>
            </li>
            <li>
              <a href="/readyz">{words.health}</a>
            </li>
          </ul>
        </Section>
      </div>
    </div>
  );
}

type Fact = DoctorView['facts'][number];

function Doctor() {
  const words = useWords();
  const doctor = useRead<DoctorView>('/doctor');
  const columns: readonly Column<Fact>[] = [
    { id: 'fact', title: words.fact, tight: true, cell: (fact) => fact.name },
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: (fact) => <StateBadge state={fact.status} />,
    },
    {
      id: 'detail',
      title: words.detail,
      cell: (fact) => <span className="about-text">{fact.detail}</span>,
    },
    {
      id: 'fix',
      title: words.fix,
      cell: (fact) => <span className="about-text">{fact.fix}</span>,
    },
  ];
  return (
    <Section title={words.machine} flush aside={<span className="muted">{words.machineHint}</span>}>
      <DataTable
        caption={words.machine}
        columns={columns}
        list={{
          rows: doctor.data?.facts ?? [],
          isLoading: doctor.isLoading,
          error: doctor.error,
          refetch: () => void doctor.refetch(),
        }}
        rowKey={(fact) => fact.name}
        empty={<EmptyState title={words.machine} />}
      />
    </Section>
  );
}
