import { diffLines } from 'diff';
import { useMemo } from 'react';
import { useFormat } from '../../i18n/format.ts';
import { useTemplateWords } from './words.ts';
import './revision-diff.css';

/** Lines that are shown around a change. */
const around = 3;
/** Beyond this effort the texts are told as wholly different: the page must stay usable. */
const maxEdits = 5_000;

type Kind = 'same' | 'added' | 'removed' | 'gap';

interface Line {
  readonly kind: Kind;
  readonly text: string;
  /** Numbers of the line in the older and in the newer text; null where it is in the other only. */
  readonly older: number | null;
  readonly newer: number | null;
}

/** What differs between two texts, line by line. */
export default function RevisionDiff({
  older,
  newer,
  view,
}: {
  readonly older: string;
  readonly newer: string;
  readonly view: 'split' | 'unified';
}) {
  const words = useTemplateWords();
  const lines = useMemo(() => linesOf(older, newer), [older, newer]);
  if (lines.every(({ kind }) => kind === 'same' || kind === 'gap')) {
    return (
      <p className="muted">
        {words.same}. {words.sameHint}
      </p>
    );
  }
  return (
    <div className="diff" tabIndex={0} role="region" aria-label={words.differences}>
      {view === 'unified' ? <Unified lines={lines} /> : <Split lines={lines} />}
    </div>
  );
}

function linesOf(older: string, newer: string): readonly Line[] {
  const changes = diffLines(`${older}\n`, `${newer}\n`, { maxEditLength: maxEdits }) ?? [
    { value: `${older}\n`, removed: true, added: false },
    { value: `${newer}\n`, removed: false, added: true },
  ];
  const at = { older: 0, newer: 0 };
  const all = changes.flatMap(({ value, added, removed }) =>
    value
      .slice(0, -1)
      .split('\n')
      .map((text): Line => {
        const kind = added ? 'added' : removed ? 'removed' : 'same';
        if (kind !== 'added') at.older += 1;
        if (kind !== 'removed') at.newer += 1;
        return {
          kind,
          text,
          older: kind === 'added' ? null : at.older,
          newer: kind === 'removed' ? null : at.newer,
        };
      }),
  );
  return folded(all);
}

/** Long stretches of equal lines become one line that says how many they were. */
function folded(lines: readonly Line[]): readonly Line[] {
  const near = new Set<number>();
  lines.forEach(({ kind }, index) => {
    if (kind === 'same') return;
    for (let other = index - around; other <= index + around; other++) near.add(other);
  });
  const shown: Line[] = [];
  let hidden = 0;
  lines.forEach((line, index) => {
    if (near.has(index)) {
      if (hidden > 0) shown.push({ kind: 'gap', text: String(hidden), older: null, newer: null });
      hidden = 0;
      shown.push(line);
    } else hidden += 1;
  });
  if (hidden > 0) shown.push({ kind: 'gap', text: String(hidden), older: null, newer: null });
  return shown;
}

function useGapText(): (text: string) => string {
  const words = useTemplateWords();
  const format = useFormat();
  return (text) => words.unchanged(format.number(Number(text)));
}

function Unified({ lines }: { readonly lines: readonly Line[] }) {
  const words = useTemplateWords();
  const gap = useGapText();
  return (
    <table className="diff-table">
      <colgroup>
        <col className="diff-numbers" />
        <col className="diff-numbers" />
        <col />
      </colgroup>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{words.older}</th>
          <th scope="col">{words.newer}</th>
          <th scope="col">{words.differences}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line, index) => (
          // Lines have no other identity than their place.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={index} className={`diff-${line.kind}`}>
            <td className="diff-number">{line.older}</td>
            <td className="diff-number">{line.newer}</td>
            <td>
              <Text line={line} gap={gap} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Removed and added lines of one change stand beside each other. */
function Split({ lines }: { readonly lines: readonly Line[] }) {
  const words = useTemplateWords();
  const gap = useGapText();
  return (
    <table className="diff-table diff-split">
      <colgroup>
        <col className="diff-numbers" />
        <col />
        <col className="diff-numbers" />
        <col />
      </colgroup>
      <thead className="visually-hidden">
        <tr>
          <th scope="col" colSpan={2}>
            {words.older}
          </th>
          <th scope="col" colSpan={2}>
            {words.newer}
          </th>
        </tr>
      </thead>
      <tbody>
        {paired(lines).map(([left, right], index) => (
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={index}>
            <td className={`diff-number diff-${left?.kind ?? 'none'}`}>{left?.older}</td>
            <td className={`diff-${left?.kind ?? 'none'}`}>
              {left === null ? null : <Text line={left} gap={gap} />}
            </td>
            <td className={`diff-number diff-${right?.kind ?? 'none'}`}>{right?.newer}</td>
            <td className={`diff-${right?.kind ?? 'none'}`}>
              {right === null ? null : <Text line={right} gap={gap} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Pair = readonly [left: Line | null, right: Line | null];

function paired(lines: readonly Line[]): readonly Pair[] {
  const pairs: Pair[] = [];
  let removed: Line[] = [];
  let added: Line[] = [];
  const flush = (): void => {
    for (let n = 0; n < Math.max(removed.length, added.length); n++) {
      pairs.push([removed[n] ?? null, added[n] ?? null]);
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') removed.push(line);
    else if (line.kind === 'added') added.push(line);
    else {
      flush();
      pairs.push([line, line]);
    }
  }
  flush();
  return pairs;
}

/** A sign beside the colour, and a word for who sees neither. */
function Text({ line, gap }: { readonly line: Line; readonly gap: (text: string) => string }) {
  const words = useTemplateWords();
  const { kind, text } = line;
  if (kind === 'gap') return <span className="diff-gap-text">⋯ {gap(text)}</span>;
  const sign = kind === 'added' ? '+' : kind === 'removed' ? '−' : ' ';
  const word = kind === 'added' ? words.added : kind === 'removed' ? words.removedLine : null;
  return (
    <>
      {word === null ? null : <span className="visually-hidden">{word} </span>}
      <span aria-hidden="true">{sign} </span>
      {text}
    </>
  );
}
