import type { LogCollection } from '../domain/template.ts';
import type { Collection, CollectionTarget, LogStoreRef } from '../ports/log-store.ts';
import type { ClaimedAttempt } from '../ports/store.ts';

/** Names with this prefix are the service's (sae.md §4.3.6). */
const servicePrefix = 'sae-';
/** Longest name made from a path. */
const maxPathName = 100;

/** Project of the log stores that go with a template. */
export function serviceProject(templateId: string): string {
  return `${servicePrefix}${templateId}`;
}

/**
 * The log store that goes with the template for this source: `stdout`, or the file's path with
 * everything that is no letter, digit, dot or underscore as `-`. Two paths may share one: each line
 * names its own.
 */
export function serviceLogStore(templateId: string, source: LogCollection['source']): LogStoreRef {
  const project = serviceProject(templateId);
  if (source.kind === 'stdout') return { project, logstore: 'stdout' };
  const name = source.path.replace(/[^A-Za-z0-9._]+/g, '-').replace(/^-+/, '');
  return { project, logstore: `file-${name.slice(0, maxPathName)}` };
}

/** What of a claimed attempt is collected, and where it goes; null when nothing is. */
export function collectionOf(attempt: ClaimedAttempt): Collection | null {
  const { run } = attempt;
  const { collect } = run.spec.task;
  if (collect === undefined || collect.length === 0) return null;
  const targets = new Map<string, CollectionTarget>();
  for (const { source, into } of collect) {
    const target: CollectionTarget = {
      source,
      into: into ?? serviceLogStore(run.templateId, source),
      ofTemplate: into === null,
    };
    // The same twice would double every line.
    targets.set(JSON.stringify([source, target.into.project, target.into.logstore]), target);
  }
  return {
    attemptId: attempt.attemptId,
    executor: attempt.executor,
    templateId: run.templateId,
    templateName: run.templateName,
    runId: run.id,
    index: attempt.index,
    number: attempt.number,
    targets: [...targets.values()],
  };
}
