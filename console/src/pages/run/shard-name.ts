import type { InstanceView, RunDetailView } from '../../../../src/dialects/native/views/run.ts';
import { useRunWords } from './words.ts';

/** How an instance is called: by its shard where the run repeats some of another. */
export function useInstanceName(run: RunDetailView): (instance: InstanceView) => string {
  const words = useRunWords();
  return ({ index }) => {
    const { rerun } = run;
    const shard = rerun?.indexes?.[index];
    if (shard === undefined || rerun === null) return words.instance(String(index));
    return words.shard(String(shard), String(rerun.total));
  };
}
