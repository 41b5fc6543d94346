import { useState } from 'react';
import type { OverviewView } from '../../../../src/dialects/native/views/overview.ts';
import { useRead } from '../../api/queries.ts';
import { Select } from '../../design/field.tsx';
import { CodeBlock } from '../../design/code-block.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Page, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchChoice } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { Capacity } from './capacity.tsx';
import { Failed, Late, Next } from './lists.tsx';
import { Durations, Throughput } from './plots.tsx';
import { Tiles } from './tiles.tsx';
import { useWords } from './words.ts';
import './overview.css';

const hourMs = 3_600_000;
const ranges = {
  h1: { spanMs: hourMs, buckets: 60 },
  h24: { spanMs: 24 * hourMs, buckets: 96 },
  d7: { spanMs: 7 * 24 * hourMs, buckets: 84 },
  d30: { spanMs: 30 * 24 * hourMs, buckets: 90 },
} as const;
type Range = keyof typeof ranges;
const names = ['h1', 'h24', 'd7', 'd30'] as const satisfies Range[];

const refreshMs = 5_000;
const example = "longshore templates create hello -- sh -c 'echo hello'\nlongshore run hello";

/** What the person on call wants to know first. */
export default function OverviewPage() {
  const words = useWords();
  const [range, setRange] = useSearchChoice('range', names, 'h24');
  const overview = useOverview(range);
  const { data } = overview;
  return (
    <Page
      title={words.title}
      actions={
        <Select
          label={words.range}
          value={range}
          onChange={(value) => setRange(value as Range)}
          options={names.map((name) => [name, words.ranges[name]])}
        />
      }
    >
      {data === undefined ? null : <Content overview={data} />}
      {data === undefined && overview.error !== null ? (
        <ProblemBox error={overview.error} retry={() => void overview.refetch()} />
      ) : null}
      {overview.isLoading ? <Skeleton rows={8} /> : null}
    </Page>
  );
}

/** The end of the time is the server's now, so that the key of the query stays the same. */
function useOverview(range: Range) {
  const { spanMs, buckets } = ranges[range];
  const [openedMs] = useState(() => Date.now());
  // A minute is fine enough for a day; the start moves on with each new look at the page.
  const sinceMs = Math.floor((openedMs - spanMs) / 60_000) * 60_000;
  return useRead<OverviewView>('/overview', {
    query: { sinceMs, buckets },
    refreshMs,
    keepPrevious: true,
  });
}

function Content({ overview }: { readonly overview: OverviewView }) {
  const words = useWords();
  const { now, total, next } = overview;
  const ended = total.succeeded + total.failed + total.canceled;
  const isNew = ended === 0 && now.running + now.queued === 0 && next.length === 0;
  return (
    <>
      <Tiles overview={overview} />
      {isNew ? (
        <EmptyState
          title={words.welcomeTitle}
          hint={words.welcomeHint}
          action={<CodeBlock text={example} label={words.welcomeHint} />}
        />
      ) : null}
      <div className="overview-columns">
        <Section title={words.throughput}>
          <Throughput overview={overview} />
        </Section>
        <Section title={words.durations}>
          <Durations overview={overview} />
        </Section>
        <Failed overview={overview} />
        <Late overview={overview} />
        <Next overview={overview} />
        <Capacity overview={overview} />
      </div>
      {overview.complete ? null : (
        <p className="muted" role="status">
          {words.counting}
        </p>
      )}
    </>
  );
}
