import { failures } from '../errors.ts';
import type { InstanceRequest, JobDocument } from '../job-document.ts';

/** The variable that a shard's own parameter is in. */
export const shardingVariable = 'SCHEDULERX_SHARDING_PARAMETERS';
/** Most shards of one script. */
const maxShards = 50;

/**
 * Static sharding of scripts: `0=a,1=b`, separated by comma or line break (schedulerx.md §5.4).
 * Null when the job does not shard.
 * @throws WireError business failure when there is no such list.
 */
export function shardsOf(
  { given }: JobDocument,
  instance: Pick<InstanceRequest, 'parameters'> | null,
): readonly Readonly<Record<string, string>>[] | null {
  if (given['ExecuteMode'] !== 'sharding' && given['ExecuteMode'] !== 'shard') return null;
  const text = instance?.parameters ?? given['Parameters'] ?? '';
  const lines = text
    .split(/[,\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const values = new Map<number, string>();
  for (const line of lines) {
    const match = /^(\d{1,4})\s*=(.*)$/s.exec(line);
    if (match === null || values.has(Number(match[1])))
      throw failures.unfit('Parameters', 'sharding needs 0=a,1=b,…');
    values.set(Number(match[1]), match[2]?.trim() ?? '');
  }
  const shards = Array.from({ length: values.size }, (_, index) => values.get(index));
  if (shards.length === 0 || shards.length > maxShards || shards.includes(undefined)) {
    throw failures.unfit(
      'Parameters',
      `sharding needs 0=a,1=b,…, at most ${maxShards}, without a gap`,
    );
  }
  return shards.map((value) => ({ [shardingVariable]: value ?? '' }));
}
