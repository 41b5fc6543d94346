/** What the wizard edits, and how it becomes a request. */
import type {
  DataJobDefinition,
  DataJobView,
} from '../../../../src/dialects/native/views/data-job.ts';
import type { MappingView } from '../../../../src/dialects/native/views/mapping.ts';
import { linesOf, variablesOf } from '../data-job/variables.ts';
import { newSource, newTarget } from './ends.ts';

/** A column of the target that a column of the source fills. */
export interface FieldPair {
  readonly source: string;
  readonly target: string;
  /** Left out pairs stay in the list, so that they can be taken back in. */
  readonly on: boolean;
}

export type Concurrency = 'allow' | 'forbid' | 'replace';

/** A data job as the wizard has it. */
export interface Draft {
  readonly name: string;
  readonly namespace: string;
  readonly definition: DataJobDefinition;
  /** Null = all columns, by their names. */
  readonly fields: readonly FieldPair[] | null;
  /** What was suggested last, and for which ends; null = nothing. */
  readonly mapping: { readonly ends: string; readonly view: MappingView } | null;
  /** Cron expression; empty = only when somebody asks. */
  readonly cron: string;
  /** A schedule that is no plain cron expression: it stays as it is. Null = none. */
  readonly schedule: unknown;
  readonly timezone: string;
  readonly concurrency: Concurrency;
  readonly timeoutMs: number | null;
  /** Lines of `name=value`. */
  readonly variables: string;
}

/** A new data job. */
export function newDraft(namespace: string): Draft {
  return {
    name: '',
    namespace,
    definition: {
      name: '',
      from: newSource('tables', ''),
      to: newTarget('table', ''),
      addedFields: [],
      converters: [],
      extractors: 1,
      concurrentTables: 1,
      dirtyRows: { tolerate: false, maxPerShard: 10_000, maxPercent: null, copyTo: null },
      throttle: { bytesPerSecond: null, rowsPerSecond: null },
      queueBytes: 16_777_216,
      errorRetries: 0,
      retryDelaysMs: [10_000, 60_000],
      proof: 'checksums',
    },
    fields: null,
    mapping: null,
    cron: '',
    schedule: null,
    timezone: 'UTC',
    concurrency: 'forbid',
    timeoutMs: null,
    variables: '',
  };
}

/** A data job that is there. */
export function draftOf(job: DataJobView): Draft {
  // What is stored is complete, whatever may be left out of what is sent.
  const definition = job.definition as DataJobDefinition;
  const { schedule } = job;
  const isCron =
    schedule !== null && schedule.timing.kind === 'cron' && schedule.zone === job.timezone;
  return {
    name: job.name,
    namespace: job.namespace,
    definition,
    fields: pairsOf(definition),
    mapping: null,
    cron: isCron && schedule.timing.kind === 'cron' ? schedule.timing.expression : '',
    schedule,
    timezone: job.timezone,
    concurrency: job.concurrency as Concurrency,
    timeoutMs: job.timeoutMs,
    variables: linesOf(job.variables),
  };
}

/** Pairs of a stored definition; null = all columns by their names. */
export function pairsOf({ from, to }: DataJobDefinition): readonly FieldPair[] | null {
  if (from.columns === null && to.columns === null) return null;
  return (from.columns ?? []).map((source, place) => ({
    source,
    target: to.columns?.[place] ?? source,
    on: true,
  }));
}

/** The body of CreateDataJob, UpdateDataJob and PlanDataJob. */
export function requestOf(draft: Draft): Record<string, unknown> {
  const { name: _name, ...definition } = withFields(draft);
  const { cron, schedule } = draft;
  return {
    name: draft.name,
    namespace: draft.namespace,
    definition,
    variables: variablesOf(draft.variables),
    concurrency: draft.concurrency,
    timeoutMs: draft.timeoutMs,
    timezone: draft.timezone,
    schedule: scheduleOf(cron.trim(), schedule),
  };
}

/** A cron expression in place of the one that was there, whose other settings stay. */
function scheduleOf(cron: string, before: unknown): unknown {
  if (!isSchedule(before)) return cron === '' ? null : cron;
  if (before.timing.kind !== 'cron') return cron === '' ? before : cron;
  if (cron === '') return null;
  return { ...before, timing: { ...before.timing, expression: cron } };
}

function isSchedule(
  value: unknown,
): value is { readonly timing: { readonly kind: string; readonly expression?: string } } {
  return typeof value === 'object' && value !== null && 'timing' in value;
}

/** The definition with the columns of both sides, by place; added fields come last. */
export function withFields({ definition, fields }: Draft): DataJobDefinition {
  const { from, to, addedFields } = definition;
  const pairs = (fields ?? []).filter(({ on }) => on);
  const added = addedFields
    .map(({ name }) => name)
    .filter((name) => !pairs.some(({ source }) => source.toLowerCase() === name.toLowerCase()));
  const columns =
    fields === null
      ? { from: null, to: null }
      : {
          from: pairs.map(({ source }) => source),
          to: [...pairs.map(({ target }) => target), ...added],
        };
  // Lines of paths are kept as they are typed until they are sent.
  const source =
    from.kind === 'files'
      ? { ...from, paths: from.paths.map((path) => path.trim()).filter((path) => path !== '') }
      : from;
  return {
    ...definition,
    from: { ...source, columns: columns.from },
    to: { ...to, columns: columns.to },
  };
}
