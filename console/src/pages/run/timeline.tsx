import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import type { InstanceView, RunDetailView } from '../../../../src/dialects/native/views/run.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { Section } from '../../design/page.tsx';
import { useNow } from '../../design/values.tsx';
import { useDesignWords } from '../../design/words.ts';
import { useFormat } from '../../i18n/format.ts';
import { AttemptList } from './attempt-list.tsx';
import { useInstanceName } from './shard-name.ts';
import { Axis, Bars, type Scale } from './timeline-bars.tsx';
import { hasEnded } from './use-run.ts';
import { useRunWords } from './words.ts';
import './timeline.css';

/** Height of a row; also in timeline.css. */
const rowPx = 28;
/** Rows drawn above and below what is seen. */
const overscan = 10;
const pageRows = 15;

/** Instances and attempts over time; any number of them. */
export function Timeline({
  run,
  instances,
  onOutput,
}: {
  readonly run: RunDetailView;
  readonly instances: readonly InstanceView[];
  readonly onOutput: (attempt: string) => void;
}) {
  const words = useRunWords();
  const nowMs = useNow();
  const nameOf = useInstanceName(run);
  const [choice, setChosen] = useState<number | null>(null);
  // What went wrong is looked for first.
  const bad = instances.findIndex(({ state }) => state === 'failed');
  const chosen = Math.min(choice ?? Math.max(bad, 0), instances.length - 1);
  if (instances.length === 0) {
    return <EmptyState title={words.timelineEmpty} hint={words.timelineEmptyHint} />;
  }
  const scale: Scale = {
    fromMs: run.startedAtMs ?? run.createdAtMs,
    untilMs: Math.max(
      run.endedAtMs ?? (hasEnded(run) ? run.createdAtMs : nowMs),
      (run.startedAtMs ?? run.createdAtMs) + 1,
    ),
  };
  const instance = instances[chosen];
  return (
    <div className="timeline">
      <Section title={words.timeline} aside={<span className="muted">{words.timelineHint}</span>}>
        <Axis scale={scale} />
        <Rows
          instances={instances}
          nameOf={nameOf}
          scale={scale}
          chosen={chosen}
          onChoose={setChosen}
          onOpen={(index) => {
            const attempt = instances[index]?.attempts.at(-1);
            if (attempt !== undefined) onOutput(attempt.id);
          }}
        />
      </Section>
      {instance === undefined ? null : (
        <AttemptList name={nameOf(instance)} attempts={instance.attempts} onOutput={onOutput} />
      )}
    </div>
  );
}

/** The rows that are seen, of a list box that has them all. */
function Rows({
  instances,
  nameOf,
  scale,
  chosen,
  onChoose,
  onOpen,
}: {
  readonly instances: readonly InstanceView[];
  readonly nameOf: (instance: InstanceView) => string;
  readonly scale: Scale;
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
  readonly onOpen: (index: number) => void;
}) {
  const words = useRunWords();
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(rowPx * pageRows);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const at = chosen * rowPx;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + rowPx > element.scrollTop + element.clientHeight) {
      element.scrollTop = at + rowPx - element.clientHeight;
    }
    setHeight(element.clientHeight);
  }, [chosen]);
  const count = instances.length;
  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') {
      onOpen(chosen);
      return;
    }
    const next = {
      ArrowDown: chosen + 1,
      ArrowUp: chosen - 1,
      PageDown: chosen + pageRows,
      PageUp: chosen - pageRows,
      Home: 0,
      End: count - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChoose(Math.min(count - 1, Math.max(0, next)));
  };
  const first = Math.max(0, Math.floor(top / rowPx) - overscan);
  const last = Math.min(count, Math.ceil((top + height) / rowPx) + overscan);
  // The chosen one is always there: the list box points to it.
  const drawn = [
    ...(chosen < first ? [chosen] : []),
    ...Array.from({ length: last - first }, (_, at) => first + at),
    ...(chosen >= last ? [chosen] : []),
  ];
  return (
    <div
      ref={frame}
      className="timeline-rows"
      role="listbox"
      aria-label={words.instances}
      aria-activedescendant={`${id}-${chosen}`}
      tabIndex={0}
      onKeyDown={keys}
      onScroll={(event) => {
        setTop(event.currentTarget.scrollTop);
        setHeight(event.currentTarget.clientHeight);
      }}
    >
      <div role="presentation" style={{ height: count * rowPx }}>
        {drawn.map((index) => {
          const instance = instances[index];
          if (instance === undefined) return null;
          return (
            <Row
              key={index}
              id={`${id}-${index}`}
              instance={instance}
              name={nameOf(instance)}
              scale={scale}
              count={count}
              isChosen={index === chosen}
              onChoose={() => onChoose(index)}
              onOpen={() => onOpen(index)}
            />
          );
        })}
      </div>
    </div>
  );
}

function Row({
  id,
  instance,
  name,
  scale,
  count,
  isChosen,
  onChoose,
  onOpen,
}: {
  readonly id: string;
  readonly instance: InstanceView;
  readonly name: string;
  readonly scale: Scale;
  readonly count: number;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly onOpen: () => void;
}) {
  const words = useRunWords();
  const { states } = useDesignWords();
  const format = useFormat();
  const { attempts, index } = instance;
  const state = shownState(instance);
  const first = attempts[0];
  const last = attempts.at(-1);
  const took =
    first === undefined || last === undefined
      ? words.notBegun
      : format.duration(
          (last.endedAtMs ?? scale.untilMs) - (first.startedAtMs ?? first.claimedAtMs),
        );
  const tries =
    attempts.length === 1 ? words.oneAttempt : words.attempts(format.number(attempts.length));
  const line = words.instanceLine(name, states[state], tries, took);
  return (
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      aria-posinset={index + 1}
      aria-setsize={count}
      title={line}
      className={isChosen ? 'timeline-row timeline-chosen' : 'timeline-row'}
      style={{ transform: `translateY(${index * rowPx}px)` }}
      onClick={onChoose}
      onDoubleClick={onOpen}
    >
      <span className="timeline-name">{name}</span>
      <span className="visually-hidden">{words.instanceState(states[state], tries)}</span>
      <Bars attempts={attempts} scale={scale} />
      <span className="timeline-took number">{took}</span>
    </div>
  );
}

/** The words of states know what an instance's states mean. */
export function shownState({
  state,
}: Pick<InstanceView, 'state'>): 'pending' | 'running' | 'succeeded' | 'failed' | 'canceled' {
  if (state === 'active') return 'running';
  return state === 'stopped' ? 'canceled' : state;
}
