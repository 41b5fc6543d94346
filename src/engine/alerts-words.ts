import { type AlertKind, localTime } from '../domain/alerts.ts';
import type { RunDetail } from '../domain/run.ts';
import type { Notice } from '../ports/notifier.ts';

/** Longest of a name or a message that a notice repeats. */
const MAX_CHARS = 500;

const happenings: Readonly<Record<AlertKind, string>> = {
  failed: 'failed',
  timeout: 'takes longer than allowed',
  'no-worker': 'found no worker',
  succeeded: 'succeeded',
};

/** What people and programs are told about a run. Pure. */
export function noticeOf(
  kind: AlertKind,
  run: RunDetail,
  { timezone, atAll }: { readonly timezone: string; readonly atAll: boolean },
): Notice {
  const name = oneLine(run.templateName);
  const time = (atMs: number | null): string => (atMs === null ? '' : localTime(atMs, timezone));
  const facts = {
    kind,
    job: name,
    jobId: run.templateId,
    namespace: run.namespace,
    run: run.id,
    trigger: run.trigger,
    state: run.state,
    message: oneLine(run.message),
    scheduledAt: time(run.scheduledAtMs),
    startedAt: time(run.startedAtMs),
    endedAt: time(run.endedAtMs),
  };
  const lines = [
    ['Job', `${name} (${run.templateId})`],
    ['Namespace', facts.namespace],
    ['Run', `${facts.run}, by ${facts.trigger}`],
    ['State', facts.state],
    ['Message', facts.message],
    ['Scheduled', facts.scheduledAt],
    ['Started', facts.startedAt],
    ['Ended', facts.endedAt],
  ] as const;
  return {
    subject: `[Longshore] job ${name} ${happenings[kind]}`,
    text: lines
      .filter(([, value]) => value !== '')
      .map(([label, value]) => `${label}: ${value}\n`)
      .join(''),
    facts,
    atAll,
  };
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS)}…`;
}
