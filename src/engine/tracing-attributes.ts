import type { Attributes } from '@opentelemetry/api';
import type { Run, TriggerKind } from '../domain/run.ts';
import type { AttemptReport } from '../ports/executor.ts';

/** A wish to start a run, as far as its span tells. */
export interface Admitting {
  readonly runId: string;
  readonly templateId: string;
  readonly dialect: string;
  readonly trigger: TriggerKind;
  /** Who asks. */
  readonly by: string;
}

/** Attributes of a wish. `user.name` is a name of the semantic conventions, `longshore.*` are ours. */
export function startAttributes(wish: Admitting): Attributes {
  return {
    'longshore.run.id': wish.runId,
    'longshore.template.id': wish.templateId,
    'longshore.dialect': wish.dialect,
    'longshore.run.trigger': wish.trigger,
    'user.name': wish.by,
  };
}

export function runAttributes(run: Run): Attributes {
  return {
    'longshore.run.id': run.id,
    'longshore.template.id': run.templateId,
    'longshore.dialect': run.dialect,
    'longshore.namespace': run.namespace,
    'longshore.run.trigger': run.trigger,
  };
}

/** How an attempt ended, and in a few words why it did not succeed; null = it did. */
export function endOf(report: Exclude<AttemptReport, { readonly kind: 'started' | 'progress' }>): {
  readonly attributes: Attributes;
  readonly error: string | null;
} {
  if (report.kind !== 'ended') {
    const error = report.kind === 'lost' ? 'lost' : 'refused';
    return {
      attributes: { 'longshore.attempt.outcome': error, 'error.type': error },
      error: `${error}: ${report.message}`,
    };
  }
  const { exitCode, signal, stopped } = report;
  const succeeded = exitCode === 0 && !stopped;
  const type = signal ?? (exitCode === null ? 'unknown' : `exit ${exitCode}`);
  return {
    attributes: {
      'longshore.attempt.outcome': succeeded ? 'succeeded' : stopped ? 'stopped' : 'failed',
      ...(exitCode === null ? {} : { 'process.exit.code': exitCode }),
      ...(signal === null ? {} : { 'longshore.process.signal': signal }),
      ...(succeeded || stopped ? {} : { 'error.type': type }),
    },
    error: succeeded || stopped ? null : type,
  };
}
