import { useEffect, useState } from 'react';
import type { LogMatches, RunLogMatches } from '../../../../../src/dialects/native/views/logs.ts';
import { api, path } from '../../../api/client.ts';
import type { LogStream } from './use-log.ts';

/** Lines of one call, and at which the search pauses. */
const callLines = 100;
const pauseLines = 500;

/** What is looked for, and where. */
export interface LogQuestion {
  readonly text: string;
  readonly ignoreCase: boolean;
  /** In all outputs of the run. */
  readonly everywhere: boolean;
}

/** A line that was found. */
export interface FoundLine {
  readonly attempt: string;
  readonly stream: LogStream;
  readonly offset: number;
  readonly line: string;
}

/** What was found so far. */
export interface LogSearchState {
  readonly rows: readonly FoundLine[];
  readonly isSearching: boolean;
  /** Share of the output that was searched; null = not known. */
  readonly share: number | null;
  readonly error: Error | null;
  /** There may be more: `more` goes on. */
  readonly isPaused: boolean;
  more(): void;
}

interface Step {
  readonly rows: readonly FoundLine[];
  readonly next: string | null;
  readonly share: number | null;
}

/** Searches an output, or all of a run: the server answers in pieces, this asks until the end. */
export function useLogSearch(
  run: string,
  attempt: string,
  stream: LogStream,
  question: LogQuestion | null,
): LogSearchState {
  const [state, setState] = useState<Omit<LogSearchState, 'more'>>(idle);
  const [rounds, setRounds] = useState(1);
  const [from, setFrom] = useState<string | null>(null);
  const key = JSON.stringify([
    run,
    question?.everywhere === true ? '' : [attempt, stream],
    question,
  ]);
  useEffect(() => {
    setState(idle);
    setRounds(1);
    setFrom(null);
  }, [key]);
  useEffect(() => {
    const [, , asked] = JSON.parse(key) as [string, unknown, LogQuestion | null];
    if (asked === null) return undefined;
    const abort = new AbortController();
    const ask = (next: string | null): Promise<Step> =>
      asked.everywhere
        ? askRun(run, asked, next, abort.signal)
        : askAttempt(attempt, stream, asked, next, abort.signal);
    const search = async (): Promise<void> => {
      setState((before) => ({ ...before, isSearching: true, isPaused: false, error: null }));
      let next = rounds === 1 ? null : from;
      for (let found = 0; found < pauseLines;) {
        const step = await ask(next);
        found += step.rows.length;
        next = step.next;
        setState((before) => ({
          ...before,
          rows: [...before.rows, ...step.rows],
          share: step.share,
          isSearching: next !== null,
        }));
        if (next === null) return;
      }
      setFrom(next);
      setState((before) => ({ ...before, isSearching: false, isPaused: true }));
    };
    search().catch((cause: unknown) => {
      if (abort.signal.aborted) return;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      setState((before) => ({ ...before, isSearching: false, error }));
    });
    return () => abort.abort();
    // `from` is where the next round begins; it starts none by itself.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [key, rounds]);
  return { ...state, more: () => setRounds((before) => before + 1) };
}

const idle: Omit<LogSearchState, 'more'> = {
  rows: [],
  isSearching: false,
  share: null,
  error: null,
  isPaused: false,
};

async function askAttempt(
  attempt: string,
  stream: LogStream,
  { text, ignoreCase }: LogQuestion,
  next: string | null,
  signal: AbortSignal,
): Promise<Step> {
  const answer = await api.get<LogMatches>(path`/attempts/${attempt}/logs/${stream}/search`, {
    query: { q: text, ignoreCase, from: next, limit: callLines },
    signal,
  });
  return {
    rows: answer.rows.map(({ offset, line }) => ({ attempt, stream, offset, line })),
    next: answer.next === null ? null : String(answer.next),
    share: answer.next === null || answer.size === 0 ? 1 : answer.next / answer.size,
  };
}

async function askRun(
  run: string,
  { text, ignoreCase }: LogQuestion,
  next: string | null,
  signal: AbortSignal,
): Promise<Step> {
  const answer = await api.get<RunLogMatches>(path`/runs/${run}/logs/search`, {
    query: { q: text, ignoreCase, cursor: next, limit: callLines },
    signal,
  });
  return { rows: answer.rows, next: answer.nextCursor, share: null };
}
