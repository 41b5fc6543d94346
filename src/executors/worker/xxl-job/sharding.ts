import { maxParts } from './limits.ts';

/** One shard of a sharding job. */
export interface Shard {
  readonly number: number;
  readonly value: string;
}

/**
 * Reads sharding parameters, `0=a,1=b` or one a line (schedulerx.md §5.4). A text when they cannot
 * be read: what is wrong, and what to write.
 */
export function readShards(text: string): readonly Shard[] | string {
  const shards: Shard[] = [];
  const seen = new Set<number>();
  for (const entry of text.split(/[,\r\n]+/)) {
    if (entry.trim() === '') continue;
    const match = /^\s*(\d{1,6})\s*=(.*)$/.exec(entry);
    if (match === null) {
      return `sharding parameter ${JSON.stringify(entry.slice(0, 50))} has no number; write 0=a,1=b`;
    }
    const number = Number(match[1]);
    if (seen.has(number)) return `shard ${number} is given twice; give each number once`;
    if (shards.length >= maxParts) return `there are more than ${maxParts} shards; give fewer`;
    seen.add(number);
    shards.push({ number, value: (match[2] ?? '').trim() });
  }
  return shards.length > 0 ? shards : 'sharding needs parameters; write 0=a,1=b';
}
