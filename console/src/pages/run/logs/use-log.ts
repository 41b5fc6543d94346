import { useCallback, useEffect, useRef, useState } from 'react';
import { api, path } from '../../../api/client.ts';
import { type LiveState, useLive } from '../../../api/live.ts';
import { ApiError } from '../../../api/problem.ts';
import {
  appended,
  emptyWindow,
  lineIndexAt,
  type LogWindow,
  prepended,
  windowFrom,
} from './log-window.ts';

export type LogStream = 'stdout' | 'stderr';

/** Bytes of one page. */
const pageBytes = 64 * 1024;

/** What `FollowLog` sends with `chunk`. */
interface Chunk {
  readonly offset: number;
  readonly nextOffset: number;
  readonly base64: string;
}

/** An output as it is looked at. */
export interface Log {
  readonly window: LogWindow;
  /** Bytes written so far. */
  readonly size: number;
  /** Whether anything was read yet. */
  readonly isReady: boolean;
  readonly error: Error | null;
  /** Whether new lines are shown as they come. */
  readonly isFollowing: boolean;
  readonly live: LiveState | 'paused';
  /** A line that was gone to; its key. */
  readonly marked: number | null;
  follow(): void;
  pause(): void;
  toStart(): void;
  /** Shows the line that holds a byte. */
  goTo(offset: number): void;
  older(): void;
  newer(): void;
}

interface Page {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

/**
 * Reads an attempt's output page by page, from either end, and follows it. For one output: give
 * the component a key that names it.
 */
export function useLog(attempt: string, stream: LogStream): Log {
  const base = path`/attempts/${attempt}/logs/${stream}`;
  const [window, setWindow] = useState<LogWindow>(emptyWindow(0));
  const [size, setSize] = useState(0);
  const [isReady, setIsReady] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const [followFrom, setFollowFrom] = useState<number | null>(null);
  const [marked, setMarked] = useState<number | null>(null);
  const [isOver, setIsOver] = useState(false);
  /** Answers to older questions are dropped. */
  const question = useRef(0);
  const isReading = useRef(false);
  const isBroken = useRef(false);

  const read = useCallback(
    async (query: Readonly<Record<string, number>>): Promise<Page> => {
      const response = await api.bytes(base, { query: { maxBytes: pageBytes, ...query } });
      const number = (name: string): number => Number(response.headers.get(name) ?? 0);
      return {
        offset: number('longshore-log-offset'),
        size: number('longshore-log-size'),
        bytes: new Uint8Array(await response.arrayBuffer()),
      };
    },
    [base],
  );

  /** Asks; `use` hears the answer if nothing else was asked for meanwhile. */
  const ask = useCallback(
    (query: Readonly<Record<string, number>>, use: (page: Page) => void): void => {
      question.current += 1;
      const mine = question.current;
      isReading.current = true;
      read(query)
        .then((page) => {
          if (mine !== question.current) return;
          setSize((before) => Math.max(before, page.size));
          setError(null);
          use(page);
          setIsReady(true);
        })
        .catch((cause: unknown) => {
          if (mine !== question.current) return;
          isBroken.current = true;
          setError(cause instanceof Error ? cause : new Error(String(cause)));
          setIsReady(true);
        })
        .finally(() => {
          if (mine === question.current) isReading.current = false;
        });
    },
    [read],
  );

  const begin = useCallback(
    (): void =>
      ask({ fromEnd: pageBytes }, (page) => {
        setWindow(windowFrom(page.offset, page.bytes, page.offset === 0));
        setFollowFrom(page.offset + page.bytes.length);
      }),
    [ask],
  );

  useEffect(() => {
    begin();
    return () => {
      question.current += 1;
    };
  }, [begin]);

  const live = useLive(followFrom === null ? null : `${base}/follow`, {
    query: { offset: followFrom },
    onEvent: (event, data) => {
      if (event === 'end') {
        setIsOver(true);
        return 'end';
      }
      if (event !== 'chunk') return undefined;
      const { offset, nextOffset, base64 } = data as Chunk;
      setWindow((before) => appended(before, offset, bytesOf(base64)));
      setSize((before) => Math.max(before, nextOffset));
      return undefined;
    },
    onState: (state, cause) => {
      if (state === 'refused' && !(cause instanceof ApiError && cause.status === 404)) {
        setError(cause);
      }
    },
  });

  const isFollowing = followFrom !== null;
  return {
    window,
    size,
    isReady,
    error,
    isFollowing,
    live: isOver ? 'ended' : isFollowing ? live : 'paused',
    marked,
    follow() {
      setMarked(null);
      setFollowFrom(null);
      begin();
    },
    pause: () => setFollowFrom(null),
    toStart() {
      setFollowFrom(null);
      setMarked(null);
      ask({ offset: 0 }, (page) => setWindow(windowFrom(page.offset, page.bytes, true)));
    },
    goTo(offset) {
      setFollowFrom(null);
      setMarked(null);
      const from = Math.max(0, offset - pageBytes / 4);
      ask({ offset: from }, (page) => {
        const next = windowFrom(page.offset, page.bytes, page.offset === 0);
        setWindow(next);
        setMarked(next.lines[lineIndexAt(next, offset)]?.offset ?? null);
      });
    },
    older() {
      if (isReading.current || isBroken.current || window.start === 0) return;
      const { start } = window;
      const from = Math.max(0, start - pageBytes);
      ask({ offset: from, maxBytes: start - from }, (page) => {
        if (page.offset + page.bytes.length !== start || page.bytes.length === 0) return;
        setFollowFrom(null);
        setWindow((before) =>
          before.start === start
            ? prepended(before, page.offset, page.bytes, page.offset === 0)
            : before,
        );
      });
    },
    newer() {
      if (isReading.current || isBroken.current || isFollowing || window.end >= size) return;
      const { end } = window;
      ask({ offset: end }, (page) => {
        setWindow((before) =>
          before.end === end ? appended(before, page.offset, page.bytes) : before,
        );
      });
    },
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0);
}
