import Pencil from 'lucide-react/icons/pencil';
import Play from 'lucide-react/icons/play';
import Trash2 from 'lucide-react/icons/trash-2';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import type {
  DataJobDefinition,
  DataJobView,
} from '../../../../src/dialects/native/views/data-job.ts';
import { api, path } from '../../api/client.ts';
import { useInvalidate, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button, LinkButton } from '../../design/button.tsx';
import { CodeBlock } from '../../design/code-block.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Page, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { toast } from '../../design/toast.tsx';
import { Time } from '../../design/values.tsx';
import { dataJobsHref, editDataJobHref } from '../links/paths.ts';
import {
  FieldFacts,
  OptionFacts,
  type Rows,
  SourceFacts,
  TargetFacts,
} from './definition-facts.tsx';
import { JobRuns } from './job-runs.tsx';
import { RunDialog } from './run-dialog.tsx';
import { useDataJobWords } from './words.ts';
import './data-job.css';

/** One data job of any dialect: what it does, how, and its runs. */
export default function DataJobPage() {
  const { job: id = '' } = useParams<{ job: string }>();
  const words = useDataJobWords();
  const { may } = useRights();
  const [dialog, setDialog] = useState<'run' | 'remove' | null>(null);
  const found = useRead<DataJobView>(path`/data-jobs/${id}`);
  const job = found.data;
  const back = { href: dataJobsHref, label: words.back };
  if (job === undefined) {
    return (
      <Page title={id} back={back}>
        {found.error === null ? (
          <Skeleton rows={8} />
        ) : (
          <ProblemBox error={found.error} retry={() => void found.refetch()} />
        )}
      </Page>
    );
  }
  const isOurs = job.dialect === 'native';
  const close = (): void => setDialog(null);
  return (
    <Page
      title={job.name}
      back={back}
      badge={job.suspended ? <StateBadge state="suspended" /> : undefined}
      subtitle={job.namespace}
      actions={
        <>
          {may('SubmitRun') ? (
            <Button label={words.run} icon={Play} kind="primary" onClick={() => setDialog('run')} />
          ) : null}
          {isOurs && may('UpdateDataJob') ? (
            <LinkButton label={words.edit} icon={Pencil} href={editDataJobHref(job.id)} />
          ) : null}
          {isOurs && may('DeleteTemplate') ? (
            <Button
              label={words.remove}
              icon={Trash2}
              kind="danger"
              onClick={() => setDialog('remove')}
            />
          ) : null}
        </>
      }
    >
      {isOurs ? null : <p className="muted">{words.madeByCdm}</p>}
      <What job={job} />
      {may('ListRuns') ? (
        <Section title={words.runs} flush>
          <JobRuns templateId={job.id} />
        </Section>
      ) : null}
      {dialog === 'run' ? <RunDialog job={job} onClose={close} /> : null}
      {dialog === 'remove' ? <RemoveDialog job={job} onClose={close} /> : null}
    </Page>
  );
}

function What({ job }: { readonly job: DataJobView }) {
  const words = useDataJobWords();
  // What is stored is complete, whatever may be left out of what is sent.
  const definition = job.definition as DataJobDefinition;
  return (
    <>
      <Section title={words.what}>
        <div className="job-ends">
          <div>
            <h3>{words.from}</h3>
            <SourceFacts from={definition.from} namespace={job.linkNamespace} />
          </div>
          <div>
            <h3>{words.to}</h3>
            <TargetFacts to={definition.to} namespace={job.linkNamespace} />
          </div>
        </div>
      </Section>
      <div className="job-ends">
        <Section title={words.options}>
          <OptionFacts
            definition={definition}
            concurrency={job.concurrency}
            schedule={useScheduleRows(job)}
          />
        </Section>
        <Section title={words.fields}>
          <FieldFacts definition={definition} />
          <details className="job-json">
            <summary>{words.definition}</summary>
            <CodeBlock label={words.definition} text={JSON.stringify(definition, null, 2)} />
          </details>
        </Section>
      </div>
    </>
  );
}

function useScheduleRows({ schedule, suspended, nextFiringAtMs }: DataJobView): Rows {
  const words = useDataJobWords();
  if (schedule === null) return [[words.schedule, words.byHand]];
  const { timing, zone } = schedule;
  return [
    [
      words.schedule,
      <span key="schedule" className="mono">
        {timing.kind === 'cron' ? timing.expression : timing.kind} ({zone})
      </span>,
    ],
    [
      words.next,
      suspended ? words.suspended : <Time key="next" atMs={nextFiringAtMs} absolute zone={zone} />,
    ],
  ];
}

function RemoveDialog({
  job,
  onClose,
}: {
  readonly job: DataJobView;
  readonly onClose: () => void;
}) {
  const words = useDataJobWords();
  const invalidate = useInvalidate();
  const [, navigate] = useLocation();
  return (
    <ConfirmDialog
      title={words.removeTitle(job.name)}
      confirm={words.remove}
      danger
      typed={job.name}
      onClose={onClose}
      act={async () => {
        await api.delete(path`/templates/${job.id}`);
        toast(words.removed(job.name));
        navigate(dataJobsHref);
        await invalidate('/data-jobs', '/templates');
      }}
    >
      <p>{words.removeText}</p>
    </ConfirmDialog>
  );
}
