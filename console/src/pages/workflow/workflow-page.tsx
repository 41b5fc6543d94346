import Play from 'lucide-react/icons/play';
import Power from 'lucide-react/icons/power';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import type { WorkflowView } from '../../../../src/dialects/native/views/workflows.ts';
import { api, path } from '../../api/client.ts';
import { useAction, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { Facts, Page, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { toast } from '../../design/toast.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { Dag } from './dag.tsx';
import { RunDialog } from './run-dialog.tsx';
import { RunTable } from './run-table.tsx';
import { useWorkflowWords } from './words.ts';
import './workflow.css';

export default function WorkflowPage() {
  const words = useWorkflowWords();
  const { workflow = '' } = useParams<{ readonly workflow: string }>();
  const { may } = useRights();
  const [, navigate] = useLocation();
  const [isAsking, setAsking] = useState(false);
  const { data, error, refetch } = useRead<WorkflowView>(path`/workflows/${workflow}`);
  const turn = useAction(
    (isOn: boolean) => api.post(path`/workflows/${workflow}/${isOn ? 'enable' : 'disable'}`),
    ['/workflows', '/templates'],
    (_, isOn) => {
      const name = data?.name ?? workflow;
      toast(isOn ? words.enabled(name) : words.disabledNow(name));
    },
  );
  const back = { href: '/console/workflows', label: words.back };
  if (data === undefined) {
    return (
      <Page title={workflow} back={back}>
        {error === null ? <Skeleton rows={8} /> : null}
        {error === null ? null : <ProblemBox error={error} retry={() => void refetch()} />}
      </Page>
    );
  }
  const { name, nodes, edges, enabled, description } = data;
  return (
    <Page
      title={name}
      back={back}
      badge={<StateBadge state={enabled ? 'enabled' : 'disabled'} />}
      {...(description === '' ? {} : { subtitle: description })}
      actions={
        nodes.length > 0 ? (
          <>
            {may(enabled ? 'DisableWorkflow' : 'EnableWorkflow') ? (
              <Button
                label={enabled ? words.disable : words.enable}
                icon={Power}
                busy={turn.isPending}
                onClick={() => turn.mutate(!enabled)}
              />
            ) : null}
            {may('RunWorkflow') ? (
              <Button
                label={words.runNow}
                icon={Play}
                kind="primary"
                onClick={() => setAsking(true)}
              />
            ) : null}
          </>
        ) : undefined
      }
    >
      <ProblemBox error={turn.error} />
      <Section title={words.graph} aside={<span className="muted">{words.graphHint}</span>}>
        {nodes.length === 0 ? (
          <p className="muted">{words.noGraph}</p>
        ) : (
          <Dag
            name={name}
            edges={edges}
            nodes={nodes.map((node) => ({
              id: node.id,
              name: node.name === '' ? node.id : node.name,
              line: lineOf(node, words),
              state: node.disabled ? 'skipped' : null,
              href: node.name === '' ? null : `/console${path`/templates/${node.id}`}`,
            }))}
          />
        )}
      </Section>
      <div className="workflow-parts">
        <Section title={words.runs} flush>
          <RunTable workflow={workflow} />
        </Section>
        <AboutWorkflow workflow={data} />
      </div>
      {isAsking ? (
        <RunDialog
          workflow={workflow}
          name={name}
          onClose={() => setAsking(false)}
          onStarted={(run) => {
            toast(words.started(run));
            navigate(`/console${path`/workflow-runs/${run}`}`);
          }}
        />
      ) : null}
    </Page>
  );
}

function lineOf(
  node: WorkflowView['nodes'][number],
  words: ReturnType<typeof useWorkflowWords>,
): string {
  if (node.name === '') return words.gone;
  return node.disabled ? words.disabled : `${node.type} · ${node.id}`;
}

function AboutWorkflow({ workflow }: { readonly workflow: WorkflowView }) {
  const words = useWorkflowWords();
  const format = useFormat();
  const { namespace, group, cron, timezone, maxConcurrent, createdBy, updatedBy } = workflow;
  return (
    <Section title={words.about}>
      <Facts
        rows={[
          [words.application, `${namespace} / ${group}`],
          [
            words.starts,
            cron === null ? (
              words.onDemand
            ) : (
              <span key="cron">
                <code>{cron}</code> {timezone}
              </span>
            ),
          ],
          [words.maxConcurrent, format.number(maxConcurrent)],
          [words.made, <Done key="made" atMs={workflow.createdAtMs} by={createdBy} />],
          [words.changed, <Done key="changed" atMs={workflow.updatedAtMs} by={updatedBy} />],
        ]}
      />
    </Section>
  );
}

function Done({ atMs, by }: { readonly atMs: number; readonly by: string }) {
  const words = useWorkflowWords();
  return (
    <>
      <Time atMs={atMs} /> {by === '' ? null : words.by(by)}
    </>
  );
}
