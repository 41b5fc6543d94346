import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { RunDetailView } from '../../../../src/dialects/native/views/run.ts';
import { useRights } from '../../api/session.ts';
import { Facts, Section } from '../../design/page.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { runHref } from '../runs/paths.ts';
import { useRunWords } from './words.ts';

/** What is known about a run besides its instances. */
export function RunFacts({ run }: { readonly run: RunDetailView }) {
  const words = useRunWords();
  const format = useFormat();
  const { may } = useRights();
  const number = (value: number): string => format.number(value);
  const { triggers, holds } = words;
  const template = may('GetTemplate') ? (
    <Link href={`/console/templates/${encodeURIComponent(run.templateId)}`}>
      {run.templateName}
    </Link>
  ) : (
    run.templateName
  );
  const time = (atMs: number | null): ReactNode =>
    atMs === null ? null : <Time atMs={atMs} absolute />;
  return (
    <Section title={words.facts}>
      <div className="run-facts">
        <Facts
          rows={[
            [words.template, template],
            [words.revision, number(run.templateRevision)],
            [
              words.trigger,
              Object.hasOwn(triggers, run.trigger)
                ? triggers[run.trigger as keyof typeof triggers]
                : run.trigger,
            ],
            [words.repeats, run.rerun === null ? null : <Repeats rerun={run.rerun} />],
            [
              words.instances,
              words.instanceCounts(number(run.succeeded), number(run.active), number(run.replicas)),
            ],
            [words.failedAttempts, run.failed === 0 ? null : number(run.failed)],
            [
              words.held,
              run.hold !== null && Object.hasOwn(holds, run.hold)
                ? holds[run.hold as keyof typeof holds]
                : run.hold,
            ],
            [words.command, run.command.length === 0 ? null : <Command command={run.command} />],
            [words.withoutEffect, run.notActedOn.length === 0 ? null : run.notActedOn.join(', ')],
            [
              words.progress,
              run.movesData ? (
                <Link href={`/console/transfers/${encodeURIComponent(run.id)}`}>
                  {words.toProgress}
                </Link>
              ) : null,
            ],
          ]}
        />
        <Facts
          rows={[
            [words.scheduled, time(run.scheduledAtMs)],
            [words.accepted, time(run.createdAtMs)],
            [words.startsAt, run.notBeforeMs > run.createdAtMs ? time(run.notBeforeMs) : null],
            [words.started, time(run.startedAtMs)],
            [words.ended, time(run.endedAtMs)],
            [
              words.duration,
              run.startedAtMs === null ? null : (
                <Duration sinceMs={run.startedAtMs} untilMs={run.endedAtMs} />
              ),
            ],
            [words.deadline, run.endedAtMs === null ? time(run.deadlineAtMs) : null],
          ]}
        />
      </div>
    </Section>
  );
}

function Repeats({ rerun }: { readonly rerun: NonNullable<RunDetailView['rerun']> }) {
  const words = useRunWords();
  const format = useFormat();
  const { of, total, indexes } = rerun;
  return (
    <>
      <Link href={runHref(of)} className="mono">
        {of}
      </Link>
      <div className="muted">
        {indexes === null
          ? words.repeatsAll
          : words.repeatsSome(format.number(indexes.length), format.number(total))}
      </div>
    </>
  );
}

/** As a shell would read it: words with blanks or signs are quoted, so that they can be told apart. */
function Command({ command }: { readonly command: readonly string[] }) {
  const words = useRunWords();
  const text = command
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
  return (
    <code className="run-command" tabIndex={0} role="region" aria-label={words.command}>
      {text}
    </code>
  );
}
