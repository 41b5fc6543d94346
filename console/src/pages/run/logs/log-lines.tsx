import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { AnsiLine } from './ansi-line.tsx';
import { type LogLine, lineIndexAt } from './log-window.ts';
import type { Log } from './use-log.ts';
import { useLogWords } from './words.ts';

/** Height of a line that does not wrap; also in logs.css. */
const lineHeightPx = 18;
/** Lines drawn above and below what is seen. */
const overscan = 20;
/** How near to an end of the window more is read. */
const nearPx = 800;
/** Longest line that is not told to be cut. */
const longLine = 4_000;

/** The line at the top of what is seen, and how much of it is above. */
interface Anchor {
  readonly offset: number;
  readonly abovePx: number;
}

/**
 * The lines of an output. Without wrapping only those that are seen are drawn; with it the browser
 * leaves out what is not seen. Scrolling up pauses; near an end more is read, and what is being
 * read does not move.
 */
export function LogLines({
  log,
  label,
  wrap,
}: {
  readonly log: Log;
  readonly label: string;
  readonly wrap: boolean;
}) {
  const words = useLogWords();
  const frame = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const place = useRef(0);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const { window, isFollowing, marked } = log;
  const { lines } = window;

  /** Where a line begins, in pixels. */
  const topOf = (element: HTMLElement, offset: number): number => {
    if (!wrap) return Math.max(0, lineIndexAt(window, offset)) * lineHeightPx;
    return element.querySelector<HTMLElement>(`[data-offset="${offset}"]`)?.offsetTop ?? 0;
  };
  const settle = (element: HTMLElement): void => {
    anchor.current = anchorAt(element, lines, wrap);
    setTop(element.scrollTop);
    setHeight(element.clientHeight);
  };

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const isMoved = place.current !== window.place;
    place.current = window.place;
    if (isFollowing) element.scrollTop = element.scrollHeight;
    else if (isMoved) element.scrollTop = 0;
    else if (anchor.current !== null) {
      element.scrollTop = topOf(element, anchor.current.offset) + anchor.current.abovePx;
    }
    if (marked !== null && isMoved) {
      element.scrollTop = Math.max(0, topOf(element, marked) - element.clientHeight / 3);
    }
    settle(element);
    // Whoever came to the top while it was followed, or while more was read, makes no more events.
    if (!isFollowing && lines.length > 0 && element.scrollTop < nearPx) log.older();
    // `topOf` and `settle` follow from these.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [window, isFollowing, marked, wrap]);

  const scrolled = (): void => {
    const element = frame.current;
    if (element === null) return;
    const isUp = element.scrollTop < top;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    settle(element);
    if (isFollowing) {
      if (isUp && below > lineHeightPx) log.pause();
      return;
    }
    if (element.scrollTop < nearPx) log.older();
    if (below < nearPx) log.newer();
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    if (event.key === 'Home') log.toStart();
    else log.follow();
  };

  const first = wrap ? 0 : Math.max(0, Math.floor(top / lineHeightPx) - overscan);
  const last = wrap ? lines.length : Math.ceil((top + height) / lineHeightPx) + overscan;
  const roomPx = lines.length * lineHeightPx;
  return (
    <div
      ref={frame}
      className={wrap ? 'log-lines log-wrap' : 'log-lines'}
      role="region"
      aria-label={label}
      tabIndex={0}
      onScroll={scrolled}
      onKeyDown={keys}
    >
      <div className="log-room" style={wrap ? undefined : { height: roomPx }}>
        <div style={wrap ? undefined : { transform: `translateY(${first * lineHeightPx}px)` }}>
          {lines.slice(first, last).map((line) => (
            <div
              key={line.offset}
              className={line.offset === marked ? 'log-line log-marked' : 'log-line'}
              data-offset={line.offset}
            >
              <AnsiLine text={line.text} />
              {line.open && line.text.length > longLine ? (
                <span className="log-cut"> {words.cut}</span>
              ) : null}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** What is at the top now; null when there is nothing. */
function anchorAt(element: HTMLElement, lines: readonly LogLine[], wrap: boolean): Anchor | null {
  const { scrollTop } = element;
  if (!wrap) {
    const index = Math.floor(scrollTop / lineHeightPx);
    const line = lines[index];
    return line === undefined
      ? null
      : { offset: line.offset, abovePx: scrollTop - index * lineHeightPx };
  }
  const drawn = element.querySelectorAll<HTMLElement>('.log-line');
  let low = 0;
  let high = drawn.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((drawn[middle]?.offsetTop ?? 0) <= scrollTop) low = middle + 1;
    else high = middle;
  }
  const line = drawn[low - 1];
  return line === undefined
    ? null
    : { offset: Number(line.dataset['offset']), abovePx: scrollTop - line.offsetTop };
}
