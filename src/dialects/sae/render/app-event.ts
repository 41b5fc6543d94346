import { outputRemoved } from '../../../domain/retention.ts';
import type { RunDetail, RunEvent } from '../../../domain/run.ts';
import { isFinal } from '../../../domain/states.ts';
import { instanceId } from './instance-id.ts';

/** One row of ListAppEvents (sae.md §5.5). */
export interface AppEvent {
  readonly EventType: 'Normal' | 'Warning';
  /** ISO 8601, UTC; each event is one moment, so both are the same. */
  readonly FirstTimestamp: string;
  readonly LastTimestamp: string;
  readonly Message: string;
  /** `Deployment` for what concerns the whole job, `Pod` for one instance of it. */
  readonly ObjectKind: 'Deployment' | 'Pod';
  /** `<AppName>-<JobId>`, or the instance's id. */
  readonly ObjectName: string;
  readonly Reason: string;
  readonly CauseAnalysis: string;
}

interface Meaning {
  readonly reason: string;
  readonly warning?: true;
}

/** Words of Kubernetes for the states that a job goes through. */
const runMeanings: Readonly<Record<string, Meaning>> = {
  queued: { reason: 'Created' },
  running: { reason: 'Started' },
  stopping: { reason: 'Killing' },
  succeeded: { reason: 'Completed' },
  failed: { reason: 'Failed', warning: true },
  canceled: { reason: 'Killed' },
};

/** And an attempt of one of its instances. */
const attemptMeanings: Readonly<Record<string, Meaning>> = {
  claimed: { reason: 'Scheduled' },
  running: { reason: 'Started' },
  stopping: { reason: 'Killing' },
  succeeded: { reason: 'Completed' },
  failed: { reason: 'BackOff', warning: true },
  stopped: { reason: 'Killed' },
  lost: { reason: 'NodeLost', warning: true },
  [outputRemoved]: { reason: 'LogRemoved' },
};

const unknown: Meaning = { reason: 'Updated' };

/** The events of a run as the service would tell them, in the same order. */
export function appEvents(run: RunDetail, events: readonly RunEvent[]): readonly AppEvent[] {
  const subjects = new Set(events.map((event) => event.subject));
  return events.map((event) => {
    const attempt = /^#(\d+)\.(\d+)$/.exec(event.subject);
    const index = Number(attempt?.[1]);
    const retried = subjects.has(`#${index}.${Number(attempt?.[2]) + 1}`);
    const meaning =
      attempt === null
        ? runMeaning(event)
        : attemptMeaning(event, retried, isFinal('run', run.state));
    const at = new Date(event.atMs).toISOString();
    return {
      EventType: meaning.warning === true ? 'Warning' : 'Normal',
      FirstTimestamp: at,
      LastTimestamp: at,
      Message: event.reason,
      ObjectKind: attempt === null ? 'Deployment' : 'Pod',
      ObjectName:
        attempt === null
          ? `${run.templateName}-${run.id}`
          : instanceId({ appName: run.templateName, jobId: run.id, index }),
      Reason: meaning.reason,
      CauseAnalysis: meaning.warning === true ? run.message : '',
    };
  });
}

function runMeaning(event: RunEvent): Meaning {
  // Held back, or let go again, without leaving the queue.
  if (event.from === 'queued' && event.to === 'queued') return { reason: 'Pending' };
  return runMeanings[event.to] ?? unknown;
}

function attemptMeaning(event: RunEvent, retried: boolean, over: boolean): Meaning {
  // A failed attempt is one to be tried again, unless the job ended with it.
  if (event.to === 'failed' && over && !retried) return { reason: 'Failed', warning: true };
  return attemptMeanings[event.to] ?? unknown;
}
