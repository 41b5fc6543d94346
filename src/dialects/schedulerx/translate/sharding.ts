import { failures } from '../errors.ts';
import type { InstanceRequest, JobDocument } from '../job-document.ts';

/** The variable that a shard's own parameter is in. */
export const shardingVariable = 'SCHEDULERX_SHARDING_PARAMETERS';
/** Most shards of one script. */
const maxShards = 50;

/** Whether the job has static shards; the mode has two names (schedulerx.md §5.4). */
export function isSharded({ given }: Pick<JobDocument, 'given'>): boolean {
  return given['ExecuteMode'] === 'sharding' || given['ExecuteMode'] === 'shard';
}

/**
 * Static sharding of scripts: `0=a,1=b`, separated by comma or line break (schedulerx.md §5.4).
 * Null when the job does not shard. The parameters of a workflow run are those of each of its jobs
 * (§5.13), so in a workflow what is no such list leaves a job the shards of its own.
 * @throws WireError business failure when there is no such list.
 */
export function shardsOf(
  { given }: JobDocument,
  instance: Pick<InstanceRequest, 'parameters'> | null,
  inWorkflow = false,
): readonly Readonly<Record<string, string>>[] | null {
  if (!isSharded({ given })) return null;
  const own = given['Parameters'] ?? '';
  const values = valuesIn(instance?.parameters ?? own) ?? (inWorkflow ? valuesIn(own) : null);
  if (values === null) {
    throw failures.unfit(
      'Parameters',
      `sharding needs 0=a,1=b,…, at most ${maxShards}, without a gap`,
    );
  }
  return values.map((value) => ({ [shardingVariable]: value }));
}

/** Whether the text is a list of shards, of one or more. */
export function isShardList(text: string): boolean {
  return valuesIn(text) !== null;
}

/** The value of each shard; null when the text is no list of shards. */
function valuesIn(text: string): readonly string[] | null {
  const values = new Map<number, string>();
  for (const line of text.split(/[,\n]/).map((part) => part.trim())) {
    if (line === '') continue;
    const match = /^(\d{1,4})\s*=(.*)$/s.exec(line);
    if (match === null || values.has(Number(match[1]))) return null;
    values.set(Number(match[1]), match[2]?.trim() ?? '');
  }
  const found = Array.from({ length: values.size }, (_, index) => values.get(index));
  const whole = found.filter((value) => value !== undefined);
  return whole.length === found.length && whole.length > 0 && whole.length <= maxShards
    ? whole
    : null;
}
