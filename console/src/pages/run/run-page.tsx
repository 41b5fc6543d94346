import { useState } from 'react';
import { useParams, useSearchParams } from 'wouter';
import type { InstanceView, RunDetailView } from '../../../../src/dialects/native/views/run.ts';
import { ApiError } from '../../api/problem.ts';
import { useRights } from '../../api/session.ts';
import { CopyButton } from '../../design/code-block.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Page } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchChoice, useSearchSetting } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { Environment } from './environment.tsx';
import { EventList } from './event-list.tsx';
import { type LogChoice, LogPanel } from './logs/log-panel.tsx';
import { RunActions } from './run-actions.tsx';
import { RunFacts } from './run-facts.tsx';
import { useInstanceName } from './shard-name.ts';
import { Timeline } from './timeline.tsx';
import { useRun, type WholeRun } from './use-run.ts';
import { useRunWords } from './words.ts';
import './run.css';

const tabNames = ['timeline', 'logs', 'events', 'environment'] as const;
type TabName = (typeof tabNames)[number];

/** One run: what it did, why, and what it wrote. */
export default function RunPage() {
  const { run: id = '' } = useParams();
  const words = useRunWords();
  const whole = useRun(id);
  const [failure, setFailure] = useState<Error | null>(null);
  const back = { href: '/console/runs', label: words.back };
  const { run, error } = whole;
  if (run === undefined) {
    const isMissing = error instanceof ApiError && error.status === 404;
    return (
      <Page title={words.title} back={back} subtitle={<span className="mono">{id}</span>}>
        {isMissing ? (
          <EmptyState title={words.notFound} hint={words.notFoundHint} />
        ) : error === null ? (
          <Skeleton rows={8} />
        ) : (
          <ProblemBox error={error} retry={whole.refetch} />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={run.templateName}
      back={back}
      badge={<StateBadge state={run.state} />}
      subtitle={<Subtitle run={run} />}
      actions={<RunActions run={run} onError={setFailure} />}
    >
      <ProblemBox error={failure} />
      <Parts run={run} whole={whole} />
    </Page>
  );
}

function Subtitle({ run }: { readonly run: RunDetailView }) {
  const words = useRunWords();
  return (
    <>
      <span className="run-id">
        <span className="mono">{run.id}</span>
        <CopyButton text={run.id} label={words.copyId} />
      </span>
      {run.message === '' ? null : (
        <p className={run.state === 'failed' ? 'run-reason run-reason-bad' : 'run-reason'}>
          {run.message}
        </p>
      )}
      {run.verdict === null ? null : <p className="run-reason">{words.judged}</p>}
    </>
  );
}

function Parts({ run, whole }: { readonly run: RunDetailView; readonly whole: WholeRun }) {
  const words = useRunWords();
  const { may } = useRights();
  const [tab, setTab] = useSearchChoice('tab', tabNames, 'timeline');
  const [output, setOutput] = useSearchSetting('output');
  const [, setSearch] = useSearchParams();
  const nameOf = useInstanceName(run);
  const shown = tabNames.filter(
    (name) =>
      (name !== 'logs' || may('ReadLog')) &&
      (name !== 'environment' || may('GetRunEnvironment')) &&
      (name !== 'events' || may('ListRunEvents')),
  );
  const { instances, events } = whole;
  const openOutput = (attempt: string): void => {
    setSearch(
      { tab: 'logs', output: `stdout ${attempt.slice(run.id.length + 1)}` },
      { replace: true },
    );
  };
  return (
    <Tabs<TabName>
      label={words.tabs}
      tabs={shown.map((id) => ({ id, title: words[id] }))}
      value={tab}
      onChange={setTab}
    >
      {tab === 'timeline' ? (
        <div className="run-parts">
          <RunFacts run={run} />
          <Timeline run={run} instances={instances} onOutput={openOutput} />
        </div>
      ) : tab === 'logs' ? (
        <LogPanel
          run={run.id}
          instances={instances}
          nameOf={nameOf}
          choice={choiceOf(run.id, instances, output)}
          onChoose={({ attempt, stream }) =>
            setOutput(`${stream} ${attempt.slice(run.id.length + 1)}`)
          }
        />
      ) : tab === 'events' ? (
        <EventList events={events} />
      ) : (
        <Environment run={run} />
      )}
    </Tabs>
  );
}

/** The output in the address; else that of the first instance in trouble, or of the first. */
function choiceOf(run: string, instances: readonly InstanceView[], text: string): LogChoice | null {
  const [stream, place] = text.split(' ');
  const chosen = `${run}.${place}`;
  const isKnown = instances.some(({ attempts }) => attempts.some(({ id }) => id === chosen));
  if (isKnown) return { attempt: chosen, stream: stream === 'stderr' ? 'stderr' : 'stdout' };
  const begun = instances.filter(({ attempts }) => attempts.length > 0);
  const first = begun.find(({ state }) => state === 'failed') ?? begun[0];
  const attempt = first?.attempts.at(-1);
  return attempt === undefined ? null : { attempt: attempt.id, stream: 'stdout' };
}
