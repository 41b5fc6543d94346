import ScrollText from 'lucide-react/icons/scroll-text';
import Square from 'lucide-react/icons/square';
import { useState } from 'react';
import { useParams } from 'wouter';
import type { RunDetailView } from '../../../../src/dialects/native/views/run.ts';
import type { ReportView } from '../../../../src/dialects/native/views/transfer-report.ts';
import { api, path } from '../../api/client.ts';
import { useInvalidate, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button, LinkButton } from '../../design/button.tsx';
import { CodeBlock } from '../../design/code-block.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Page, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchChoice } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { toast } from '../../design/toast.tsx';
import { useFormat } from '../../i18n/format.ts';
import { dataJobHref, dataJobsHref } from '../links/paths.ts';
import { Resumptions, Shards, TablesOfRun } from './parts.tsx';
import { ProgressSection } from './progress-section.tsx';
import { Proof } from './proof.tsx';
import { QuarantineBrowser } from './quarantine.tsx';
import { RateSection } from './rate-section.tsx';
import { type FollowedTransfer, useTransfer } from './use-transfer.ts';
import { useTransferWords } from './words.ts';
import './transfer.css';

const finalStates: ReadonlySet<string> = new Set(['succeeded', 'failed', 'canceled', 'deleted']);

/** A run that moves data, as it goes on and after it. */
export default function TransferRunPage() {
  const { run: runId = '' } = useParams<{ run: string }>();
  // Another run is another page: nothing of this one's history may be in it.
  return <TransferRun key={runId} runId={runId} />;
}

function TransferRun({ runId }: { readonly runId: string }) {
  const words = useTransferWords();
  const { may } = useRights();
  const [stopping, setStopping] = useState(false);
  const run = useRead<RunDetailView>(path`/runs/${runId}`);
  const followed = useTransfer(runId);
  const { progress, samples, error } = followed;
  const state = progress?.state ?? run.data?.state;
  const report = progress?.report ?? null;
  const job = run.data;
  return (
    <Page
      title={words.title(job?.templateName ?? '…')}
      back={
        job === undefined
          ? { href: dataJobsHref, label: words.back }
          : { href: dataJobHref(job.templateId), label: job.templateName }
      }
      badge={state === undefined ? undefined : <StateBadge state={state} />}
      subtitle={<span className="mono">{runId}</span>}
      actions={
        <>
          <LinkButton
            label={words.allAbout}
            icon={ScrollText}
            href={path`/console/runs/${runId}`}
          />
          {may('StopRun') && state !== undefined && !finalStates.has(state) ? (
            <Button
              label={words.stop}
              icon={Square}
              kind="danger"
              onClick={() => setStopping(true)}
            />
          ) : null}
        </>
      }
    >
      <ProblemBox error={error ?? run.error} />
      {progress === null ? (
        error === null ? (
          <Skeleton rows={8} />
        ) : null
      ) : report === null ? (
        <EmptyState title={words.notBegun} hint={progress.message} />
      ) : (
        <>
          <ProgressSection report={report} samples={samples} />
          <Failure report={report} />
          <RateSection samples={samples} />
          <Parts runId={runId} report={report} followed={followed} />
        </>
      )}
      {stopping ? <StopDialog runId={runId} onClose={() => setStopping(false)} /> : null}
    </Page>
  );
}

function Failure({ report }: { readonly report: ReportView }) {
  const words = useTransferWords();
  const { error } = report;
  if (error === null) return null;
  return (
    <Section title={words.failure}>
      <p className="breaks">
        <code>{error.code}</code> {error.message}
      </p>
      {error.details === '' ? null : <CodeBlock label={words.failure} text={error.details} wrap />}
    </Section>
  );
}

const tabs = ['shards', 'tables', 'rejected', 'proof', 'resumes'] as const;

function Parts({
  runId,
  report,
  followed,
}: {
  readonly runId: string;
  readonly report: ReportView;
  readonly followed: FollowedTransfer;
}) {
  const words = useTransferWords();
  const format = useFormat();
  const { may } = useRights();
  const [tab, setTab] = useSearchChoice('tab', tabs, 'shards');
  const shards = followed.progress?.shards ?? [];
  const rejected = report.counters.rowsRejected ?? 0;
  const counts = {
    shards: shards.length,
    tables: report.tables.length,
    rejected,
    proof: 0,
    resumes: report.resumes.length,
  };
  const offered = tabs.filter((id) => id !== 'rejected' || may('ListQuarantinedRows'));
  return (
    <Tabs
      label={words.tabs}
      value={tab}
      onChange={setTab}
      tabs={offered.map((id) => ({
        id,
        title:
          counts[id] === 0
            ? words.tabNames[id]
            : words.withCount(words.tabNames[id], format.number(counts[id])),
      }))}
    >
      {tab === 'shards' ? <Shards shards={shards} /> : null}
      {tab === 'tables' ? <TablesOfRun tables={report.tables} /> : null}
      {tab === 'rejected' ? (
        <QuarantineBrowser
          runId={runId}
          rejected={rejected}
          shards={shards.map(({ shard }) => shard)}
        />
      ) : null}
      {tab === 'proof' ? <Proof report={report} /> : null}
      {tab === 'resumes' ? <Resumptions resumes={report.resumes} /> : null}
    </Tabs>
  );
}

function StopDialog({ runId, onClose }: { readonly runId: string; readonly onClose: () => void }) {
  const words = useTransferWords();
  const invalidate = useInvalidate();
  return (
    <ConfirmDialog
      title={words.stopTitle}
      confirm={words.stop}
      danger
      onClose={onClose}
      act={async () => {
        await api.post(path`/runs/${runId}/stop`);
        toast(words.stopped);
        await invalidate('/runs');
      }}
    >
      <p>{words.stopText}</p>
    </ConfirmDialog>
  );
}
