import type { ExecuteMode } from '../../../domain/template.ts';
import { failures } from '../errors.ts';
import type { JobDocument } from '../job-document.ts';

/** Spellings that the documentation has itself are accepted (schedulerx.md §4.3, §5.4). */
const modes: Readonly<Record<string, ExecuteMode>> = {
  standalone: 'standalone',
  broadcast: 'broadcast',
  broadcatst: 'broadcast',
  parallel: 'parallel',
  batch: 'batch',
  grid: 'grid',
  sharding: 'sharding',
  shard: 'sharding',
};

/** Where a mode runs, by type of job. */
const modesOfType: Readonly<Record<string, readonly ExecuteMode[]>> = {
  shell: ['standalone', 'broadcast', 'sharding'],
  python: ['standalone', 'broadcast', 'sharding'],
  http: ['standalone', 'broadcast'],
  // XXL-JOB executors take no subtasks.
  xxljob: ['standalone', 'broadcast', 'sharding'],
  java: ['standalone', 'broadcast', 'parallel', 'batch', 'grid', 'sharding'],
  go: ['standalone', 'broadcast', 'parallel', 'batch', 'grid', 'sharding'],
};

/** @throws WireError business failure for a mode that is none, or that this type of job cannot have. */
export function executeModeOf({ given }: Pick<JobDocument, 'given'>, jobType: string): ExecuteMode {
  const text = given['ExecuteMode'] ?? '';
  const mode = Object.hasOwn(modes, text) ? modes[text] : undefined;
  if (mode === undefined) throw failures.invalid('ExecuteMode', text);
  const known = modesOfType[jobType] ?? [];
  if (known.includes(mode)) return mode;
  throw failures.unfit(
    'ExecuteMode',
    `${jobType} jobs cannot run in mode ${mode} here; use ${known.join(', ')}`,
  );
}

/** The mode as the API writes it; the given text when it is none. */
export function executeModeText(text: string): string {
  return Object.hasOwn(modes, text) ? (modes[text] ?? text) : text;
}
