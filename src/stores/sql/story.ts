import type { RunEvent } from '../../domain/run.ts';
import { outputRemoved } from '../../domain/retention.ts';
import { type AttemptState, isFinal } from '../../domain/states.ts';
import { startedReason } from './attempt-notes.ts';
import { acceptedEvent, type RunRecord } from './rows.ts';
import type { AttemptRow, EventRow } from './schema.ts';

type Line = Omit<RunEvent, 'runId' | 'seq'>;

/** A line with those that are known to have come before it. */
interface Node {
  readonly line: Line;
  readonly after: Node[];
  /** While sorting: how many of `after` are not placed yet, and when it happened at the earliest. */
  waits: number;
  sinceMs: number;
}

/** What says why a run that did as it should became running, and succeeded. */
const reasons = {
  claimedBy: (fence: number): string => `claimed by server life ${fence}`,
  givenTo: (executor: string): string => `given to the ${executor} executor`,
  allSucceeded: 'every instance succeeded',
} as const;

/** Reason of a run's last line. */
export function runEndReason(message: string): string {
  return message === '' ? reasons.allSucceeded : message;
}

/** Whether a confirmed start is told by the attempt's row; otherwise its line must be written. */
export function startIsTold(from: AttemptState, note: string): boolean {
  return from === 'claimed' && note === '';
}

/** Whether an attempt's end is told by its row; otherwise its line must be written. */
export function endIsTold(to: AttemptState, note: string): boolean {
  return to === 'succeeded' && note === '';
}

/**
 * The story of a run, in its order. What goes as it should is told by the rows of the run and of
 * its attempts; `written` are the lines beside them, in the order in which they were written:
 * holds, stops, failures, and every line of earlier versions.
 *
 * Lines are ordered by what must have come first, and by time only where that leaves it open:
 * clocks step. `seq` is the place in the story as it stands; a run that goes on may get lines
 * before one that was told already.
 */
export function runStory(
  run: RunRecord,
  attempts: readonly AttemptRow[],
  written: readonly EventRow[],
): RunEvent[] {
  const nodes: Node[] = [];
  const add = (line: Line, ...after: readonly (Node | undefined)[]): Node => {
    const node = { line, after: after.filter((n) => n !== undefined), waits: 0, sinceMs: 0 };
    nodes.push(node);
    return node;
  };
  const accepted = add(acceptedEvent(run));
  const told = chain(written, accepted, add);

  const firstOnes = told.filter(({ line }) => line.subject === 'run' && line.to === 'queued');
  const others = told.slice(firstOnes.length);
  let begun = told.find(({ line }) => isRunLine(line, 'running'));
  if (begun === undefined && run.claimed_by !== null && run.started_at !== null) {
    const reason = reasons.claimedBy(run.claimed_by);
    const line = { atMs: run.started_at, subject: 'run', from: 'queued', to: 'running', reason };
    begun = add(line, accepted, firstOnes.at(-1));
    others[0]?.after.push(begun);
  }

  const stop = told.find(({ line }) => line.subject === 'run' && line.to === 'stopping');
  const bySubject = Map.groupBy(told, ({ line }) => line.subject);
  const ends: Node[] = [];
  const sorted = attempts.toSorted((a, b) => a.idx - b.idx || a.number - b.number);
  for (const ofInstance of Map.groupBy(sorted, ({ idx }) => idx).values()) {
    let last: Node | undefined = begun;
    for (const attempt of ofInstance) {
      const own = bySubject.get(subjectOf(attempt)) ?? [];
      last = tellAttempt(attempt, own, { before: last, stop }, add);
    }
    if (last !== undefined) ends.push(last);
  }

  let ended = told.find(({ line }) => line.subject === 'run' && line.to === run.state);
  if (ended === undefined && run.state === 'succeeded' && run.ended_at !== null) {
    const reason = runEndReason(run.message);
    const line = { atMs: run.ended_at, subject: 'run', from: 'running', to: 'succeeded', reason };
    ended = add(line, begun, ...ends);
    for (const node of told) if (node.line.to === outputRemoved) node.after.push(ended);
  }
  return inOrder(nodes).map(({ line }, seq) => ({ runId: run.id, seq, ...line }));
}

type Add = (line: Line, ...after: readonly (Node | undefined)[]) => Node;

/** Written lines follow each other. */
function chain(written: readonly EventRow[], first: Node, add: Add): readonly Node[] {
  let last = first;
  return written.map(({ at, subject, from_state, to_state, reason }) => {
    last = add({ atMs: at, subject, from: from_state, to: to_state, reason }, last);
    return last;
  });
}

/**
 * Lines of one attempt after `before`; returns the last of them that is about its running. Nothing
 * is claimed any more once the `stop` of the run was written.
 */
function tellAttempt(
  attempt: AttemptRow,
  own: readonly Node[],
  { before, stop }: { readonly before: Node | undefined; readonly stop: Node | undefined },
  add: Add,
): Node | undefined {
  const subject = subjectOf(attempt);
  const found = (fits: (line: Line) => boolean): Node | undefined =>
    own.find(({ line }) => fits(line));
  const follow = (node: Node, previous: Node | undefined): Node => {
    if (previous !== undefined) node.after.push(previous);
    return node;
  };

  const claimedBefore = found(({ to }) => to === 'claimed');
  const givenTo = reasons.givenTo(attempt.executor);
  const claimed = { atMs: attempt.claimed_at, subject, from: null, to: 'claimed', reason: givenTo };
  let last = claimedBefore === undefined ? add(claimed, before) : follow(claimedBefore, before);
  if (claimedBefore === undefined) stop?.after.push(last);

  const isStart = ({ from, to }: Line): boolean =>
    to === 'running' || (to === 'stopping' && from === 'stopping');
  if (attempt.started_at !== null && found(isStart) === undefined) {
    const reason = startedReason(attempt);
    const line = { atMs: attempt.started_at, subject, from: 'claimed', to: 'running', reason };
    last = add(line, last);
    if (found(({ from: was, to }) => was === 'running' && to === 'stopping'))
      stop?.after.push(last);
  }
  for (const node of own) {
    if (node.line.to === 'running' || node.line.to === 'stopping') last = follow(node, last);
  }
  const end = found(({ to }) => to === attempt.state);
  if (isFinal('attempt', attempt.state as AttemptState) && end !== undefined) {
    last = follow(end, last);
  } else if (attempt.state === 'succeeded' && attempt.ended_at !== null) {
    const stopping = found(({ to }) => to === 'stopping') !== undefined;
    const from = stopping ? 'stopping' : attempt.started_at === null ? 'claimed' : 'running';
    const { ended_at: atMs, message: reason } = attempt;
    last = add({ atMs, subject, from, to: 'succeeded', reason }, last);
  }
  for (const node of own) if (node.line.to === outputRemoved) node.after.push(last);
  return last;
}

/**
 * By time, but never before what must have come first: a line counts as happened no sooner than
 * those before it.
 */
function inOrder(nodes: readonly Node[]): readonly Node[] {
  const next = new Map<Node, Node[]>(nodes.map((node) => [node, []]));
  for (const node of nodes) {
    const before = new Set(node.after);
    node.waits = before.size;
    node.sinceMs = node.line.atMs;
    for (const earlier of before) next.get(earlier)?.push(node);
  }
  const placed = nodes.filter(({ waits }) => waits === 0);
  // It grows while it is walked.
  for (const node of placed) {
    for (const later of next.get(node) ?? []) {
      later.sinceMs = Math.max(later.sinceMs, node.sinceMs);
      later.waits -= 1;
      if (later.waits === 0) placed.push(later);
    }
  }
  placed.sort((a, b) => a.sinceMs - b.sinceMs);
  // Lines that contradict each other were written by somebody else; they are told all the same.
  return placed.length === nodes.length ? placed : [...new Set([...placed, ...nodes])];
}

function isRunLine({ subject, from, to }: Line, state: string): boolean {
  return subject === 'run' && from === 'queued' && to === state;
}

function subjectOf({ idx, number }: AttemptRow): string {
  return `#${idx}.${number}`;
}
