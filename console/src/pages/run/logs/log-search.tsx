import X from 'lucide-react/icons/x';
import { type FormEvent, useState } from 'react';
import { Button } from '../../../design/button.tsx';
import { Checkbox, SearchInput } from '../../../design/field.tsx';
import { ProblemBox } from '../../../design/problem-box.tsx';
import { useFormat } from '../../../i18n/format.ts';
import { AnsiLine } from './ansi-line.tsx';
import type { LogStream } from './use-log.ts';
import { type FoundLine, type LogQuestion, useLogSearch } from './use-log-search.ts';
import { useLogWords } from './words.ts';

/** Searches output: a field, and the lines that were found, each leading to its place. */
export function LogSearch({
  run,
  attempt,
  stream,
  maySearchAll,
  onGoTo,
}: {
  readonly run: string;
  readonly attempt: string;
  readonly stream: LogStream;
  /** Whether all outputs of the run may be searched together. */
  readonly maySearchAll: boolean;
  readonly onGoTo: (line: FoundLine) => void;
}) {
  const words = useLogWords();
  const [text, setText] = useState('');
  const [ignoreCase, setIgnoreCase] = useState(true);
  const [everywhere, setEverywhere] = useState(false);
  const [question, setQuestion] = useState<LogQuestion | null>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setQuestion(text === '' ? null : { text, ignoreCase, everywhere });
  };
  return (
    <>
      <form className="log-search" role="search" onSubmit={submit}>
        <SearchInput value={text} onChange={setText} label={words.search} />
        <Button label={words.searchNow} type="submit" disabled={text === ''} />
        <Checkbox checked={ignoreCase} onChange={setIgnoreCase} label={words.ignoreCase} />
        {maySearchAll ? (
          <Checkbox checked={everywhere} onChange={setEverywhere} label={words.searchAll} />
        ) : null}
      </form>
      {question === null ? null : (
        <Results
          run={run}
          attempt={attempt}
          stream={stream}
          question={question}
          onGoTo={onGoTo}
          onClose={() => setQuestion(null)}
        />
      )}
    </>
  );
}

function Results({
  run,
  attempt,
  stream,
  question,
  onGoTo,
  onClose,
}: {
  readonly run: string;
  readonly attempt: string;
  readonly stream: LogStream;
  readonly question: LogQuestion;
  readonly onGoTo: (line: FoundLine) => void;
  readonly onClose: () => void;
}) {
  const words = useLogWords();
  const format = useFormat();
  const { rows, isSearching, share, error, isPaused, more } = useLogSearch(
    run,
    attempt,
    stream,
    question,
  );
  const count = format.number(rows.length);
  const progress = share === null ? words.searchingAll : words.searching(format.percent(share));
  return (
    <section className="log-results" aria-label={words.results}>
      <div className="log-results-head">
        <span role="status">
          {isSearching
            ? `${rows.length > 0 ? `${words.foundSoFar(count)} · ` : ''}${progress}`
            : rows.length === 0 && error === null
              ? words.nothingFound
              : rows.length === 1
                ? words.foundOne
                : words.found(count)}
        </span>
        {isPaused ? <Button label={words.more} onClick={more} /> : null}
        <Button label={words.closeSearch} icon={X} iconOnly kind="ghost" onClick={onClose} />
      </div>
      <ProblemBox error={error} />
      {rows.length === 0 ? null : (
        <ol className="log-found">
          {rows.map((row) => (
            <li key={`${row.attempt} ${row.stream} ${row.offset}`}>
              <button type="button" className="log-found-line" onClick={() => onGoTo(row)}>
                {question.everywhere ? (
                  <span className="log-found-where">
                    {`#${row.attempt.slice(run.length + 1)} ${row.stream}`}
                  </span>
                ) : null}
                <AnsiLine text={row.line} />
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
