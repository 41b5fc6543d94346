import ArrowDownToLine from 'lucide-react/icons/arrow-down-to-line';
import ArrowUpToLine from 'lucide-react/icons/arrow-up-to-line';
import Download from 'lucide-react/icons/download';
import Pause from 'lucide-react/icons/pause';
import { useEffect, useEffectEvent, useState } from 'react';
import type { InstanceView } from '../../../../../src/dialects/native/views/run.ts';
import { addressOf, path } from '../../../api/client.ts';
import { useRights } from '../../../api/session.ts';
import { Button } from '../../../design/button.tsx';
import { EmptyState } from '../../../design/empty-state.tsx';
import { Checkbox, Select } from '../../../design/field.tsx';
import { Toolbar, ToolbarSpace } from '../../../design/page.tsx';
import { ProblemBox } from '../../../design/problem-box.tsx';
import { useDesignWords } from '../../../design/words.ts';
import { useFormat } from '../../../i18n/format.ts';
import { createStoredSetting } from '../../../stored-setting.ts';
import { LogLines } from './log-lines.tsx';
import { LogSearch } from './log-search.tsx';
import { type LogStream, useLog } from './use-log.ts';
import type { FoundLine } from './use-log-search.ts';
import { useLogWords } from './words.ts';
import './logs.css';

const wrapping = createStoredSetting('log-wrap', ['off', 'on'], () => 'off');
/** Instances offered at a time, around the chosen one. */
const maxOffered = 500;

/** Which output is shown. */
export interface LogChoice {
  readonly attempt: string;
  readonly stream: LogStream;
}

/** The output of a run's instances. */
export function LogPanel({
  run,
  instances,
  nameOf,
  choice,
  onChoose,
}: {
  readonly run: string;
  readonly instances: readonly InstanceView[];
  readonly nameOf: (instance: InstanceView) => string;
  readonly choice: LogChoice | null;
  readonly onChoose: (choice: LogChoice) => void;
}) {
  const words = useLogWords();
  const { may } = useRights();
  /** A line that was found, until the output that has it is shown there. */
  const [wanted, setWanted] = useState<FoundLine | null>(null);
  if (choice === null) return <EmptyState title={words.noAttempt} hint={words.noAttemptHint} />;
  const { attempt, stream } = choice;
  const isWanted = wanted?.attempt === attempt && wanted.stream === stream;
  return (
    <div className="log">
      <Chooser instances={instances} nameOf={nameOf} choice={choice} onChoose={onChoose} />
      {may('SearchLog') ? (
        <LogSearch
          run={run}
          attempt={attempt}
          stream={stream}
          maySearchAll={may('SearchRunLogs')}
          onGoTo={(line) => {
            setWanted(line);
            onChoose({ attempt: line.attempt, stream: line.stream });
          }}
        />
      ) : null}
      <Output
        key={`${attempt} ${stream}`}
        choice={choice}
        goTo={isWanted ? wanted.offset : null}
        onArrived={() => setWanted(null)}
      />
    </div>
  );
}

function Chooser({
  instances,
  nameOf,
  choice,
  onChoose,
}: {
  readonly instances: readonly InstanceView[];
  readonly nameOf: (instance: InstanceView) => string;
  readonly choice: LogChoice;
  readonly onChoose: (choice: LogChoice) => void;
}) {
  const words = useLogWords();
  const { states } = useDesignWords();
  const stateName = (state: string): string =>
    Object.hasOwn(states, state) ? states[state as keyof typeof states] : state;
  const begun = instances.filter(({ attempts }) => attempts.length > 0);
  const at = begun.findIndex(({ attempts }) => attempts.some(({ id }) => id === choice.attempt));
  const instance = begun[at];
  const first = Math.max(0, Math.min(at - maxOffered / 2, begun.length - maxOffered));
  return (
    <Toolbar label={words.output(choice.stream)}>
      {instances.length > 1 && instance !== undefined ? (
        <Select
          label={words.instance}
          value={instance.id}
          onChange={(id) => {
            const next = begun.find((each) => each.id === id)?.attempts.at(-1);
            if (next !== undefined) onChoose({ ...choice, attempt: next.id });
          }}
          options={begun
            .slice(first, first + maxOffered)
            .map(
              (each) => [each.id, `${nameOf(each)} · ${stateName(instanceState(each))}`] as const,
            )}
        />
      ) : null}
      {instance !== undefined && instance.attempts.length > 1 ? (
        <Select
          label={words.attempt}
          value={choice.attempt}
          onChange={(attempt) => onChoose({ ...choice, attempt })}
          options={instance.attempts.map(
            ({ id, number, state }) =>
              [
                id,
                `${words.attempt} ${words.attemptState(String(number), stateName(state))}`,
              ] as const,
          )}
        />
      ) : null}
      <div className="log-streams" role="group" aria-label={words.stream}>
        {(['stdout', 'stderr'] as const).map((stream) => (
          <button
            key={stream}
            type="button"
            className="log-stream"
            aria-pressed={stream === choice.stream}
            onClick={() => onChoose({ ...choice, stream })}
          >
            {stream}
          </button>
        ))}
      </div>
    </Toolbar>
  );
}

/** `active` means another thing to templates. */
function instanceState({ state }: InstanceView): string {
  return state === 'active' ? 'running' : state === 'stopped' ? 'canceled' : state;
}

function Output({
  choice: { attempt, stream },
  goTo,
  onArrived,
}: {
  readonly choice: LogChoice;
  /** A byte to be shown; null = none. */
  readonly goTo: number | null;
  readonly onArrived: () => void;
}) {
  const words = useLogWords();
  const format = useFormat();
  const { may } = useRights();
  const log = useLog(attempt, stream);
  const wrap = wrapping.use() === 'on';
  const { isReady } = log;
  const arrive = useEffectEvent((offset: number) => {
    log.goTo(offset);
    onArrived();
  });
  useEffect(() => {
    if (goTo !== null && isReady) arrive(goTo);
  }, [goTo, isReady]);
  const { window, size } = log;
  return (
    <>
      <ProblemBox error={log.error} />
      <LogLines log={log} label={words.output(stream)} wrap={wrap} />
      {log.isReady && window.lines.length === 0 && log.error === null ? (
        <p className="log-empty muted">{log.live === 'ended' ? words.empty : words.waiting}</p>
      ) : null}
      <Toolbar label={words.output(stream)}>
        <Button
          label={words.toStart}
          icon={ArrowUpToLine}
          iconOnly
          kind="ghost"
          onClick={log.toStart}
        />
        {log.live === 'ended' ? (
          <Button
            label={words.toEnd}
            icon={ArrowDownToLine}
            iconOnly
            kind="ghost"
            onClick={log.follow}
          />
        ) : log.isFollowing ? (
          <Button label={words.pause} icon={Pause} onClick={log.pause} />
        ) : (
          <Button label={words.follow} icon={ArrowDownToLine} onClick={log.follow} />
        )}
        <Checkbox
          checked={wrap}
          onChange={(next) => wrapping.set(next ? 'on' : 'off')}
          label={words.wrap}
        />
        <ToolbarSpace />
        <span className="muted" role="status">
          {words.states[log.live]}
        </span>
        <span className="muted number">
          {words.position(format.bytes(window.end), format.bytes(size))}
        </span>
        {may('DownloadLog') ? (
          <a
            className="button button-default"
            href={addressOf(path`/attempts/${attempt}/logs/${stream}/download`)}
            download
          >
            <Download aria-hidden="true" />
            {words.download}
          </a>
        ) : null}
      </Toolbar>
    </>
  );
}
