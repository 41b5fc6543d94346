import RotateCw from 'lucide-react/icons/rotate-cw';
import Square from 'lucide-react/icons/square';
import { useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import type { WorkflowRunView } from '../../../../src/dialects/native/views/workflows.ts';
import { api, path } from '../../api/client.ts';
import { useInvalidate } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Facts, Page, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { Badge, StateBadge } from '../../design/state-badge.tsx';
import { toast } from '../../design/toast.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { useDesignWords } from '../../design/words.ts';
import { defineWords } from '../../i18n/words.ts';
import { Dag } from '../workflow/dag.tsx';
import '../workflow/workflow.css';
import { NodeTable, runHref } from './node-table.tsx';
import { useWorkflowRun } from './use-workflow-run.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

const useWords = defineWords({ en, zh });

export default function WorkflowRunPage() {
  const words = useWords();
  const shared = useDesignWords();
  const states: Readonly<Record<string, string>> = shared.states;
  const { run = '' } = useParams<{ readonly run: string }>();
  const { view, changes, line, error } = useWorkflowRun(run);
  if (view === null) {
    return (
      <Page title={words.loading}>
        {error === null ? <Skeleton rows={8} /> : <ProblemBox error={error} />}
      </Page>
    );
  }
  const { name, nodes, edges, workflowId } = view;
  return (
    <Page
      title={words.title(name)}
      back={{ href: `/console${path`/workflows/${workflowId}`}`, label: name }}
      badge={
        <>
          <StateBadge state={view.run.verdict ?? view.run.state} />
          {line === 'live' ? <Badge tone="run">{words.live}</Badge> : null}
        </>
      }
      actions={<Actions view={view} />}
    >
      <p className="visually-hidden" aria-live="polite">
        {changes
          .map((change) => words.becomes(change.name, states[change.state] ?? change.state))
          .join(', ')}
      </p>
      {view.continuedBy === null ? null : (
        <p>
          {words.continuedBy}{' '}
          <Link href={`/console${path`/workflow-runs/${view.continuedBy}`}`} className="mono">
            {view.continuedBy}
          </Link>
        </p>
      )}
      <Section title={words.graph} aside={<span className="muted">{words.graphHint}</span>}>
        <Dag
          name={name}
          edges={edges}
          nodes={nodes.map((node) => ({
            id: node.id,
            name: node.name === '' ? node.id : node.name,
            line: states[node.state] ?? node.state,
            state: node.state,
            href: runHref(node),
          }))}
        />
      </Section>
      <div className="workflow-parts">
        <Section title={words.nodes} flush>
          <NodeTable nodes={nodes} />
        </Section>
        <Section title={words.about}>
          <Facts
            rows={[
              [
                words.run,
                <span key="run" className="mono">
                  {view.run.id}
                </span>,
              ],
              [words.created, <Time key="created" atMs={view.run.createdAtMs} absolute />],
              [words.started, <Time key="started" atMs={view.run.startedAtMs} absolute />],
              [
                words.took,
                <Duration key="took" sinceMs={view.run.startedAtMs} untilMs={view.run.endedAtMs} />,
              ],
              [words.message, view.run.message === '' ? null : view.run.message],
            ]}
          />
        </Section>
      </div>
    </Page>
  );
}

/** What can be done with the run as it stands. */
function Actions({ view }: { readonly view: WorkflowRunView }) {
  const words = useWords();
  const { may } = useRights();
  const invalidate = useInvalidate();
  const [, navigate] = useLocation();
  const [asks, setAsks] = useState<'stop' | 'resume' | null>(null);
  const { id, state } = view.run;
  const stop = async (): Promise<void> => {
    await api.post<RunView>(path`/workflow-runs/${id}/stop`);
    await invalidate('/workflow', '/runs');
    toast(words.stopped);
  };
  const resume = async (): Promise<void> => {
    const next = await api.post<RunView>(path`/workflow-runs/${id}/resume`);
    await invalidate('/workflow', '/runs');
    toast(words.resumed(next.id));
    navigate(`/console${path`/workflow-runs/${next.id}`}`);
  };
  const isUnderWay = state === 'queued' || state === 'running';
  return (
    <>
      {isUnderWay && may('StopWorkflowRun') ? (
        <Button label={words.stop} icon={Square} kind="danger" onClick={() => setAsks('stop')} />
      ) : null}
      {view.resumable && may('ResumeWorkflowRun') ? (
        <Button
          label={words.resume}
          icon={RotateCw}
          kind="primary"
          onClick={() => setAsks('resume')}
        />
      ) : null}
      {asks === 'stop' ? (
        <ConfirmDialog
          title={words.stopTitle}
          confirm={words.stop}
          danger
          act={stop}
          onClose={() => setAsks(null)}
        >
          <p>{words.stopHint}</p>
        </ConfirmDialog>
      ) : null}
      {asks === 'resume' ? (
        <ConfirmDialog
          title={words.resumeTitle}
          confirm={words.resume}
          act={resume}
          onClose={() => setAsks(null)}
        >
          <p>{words.resumeHint}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
