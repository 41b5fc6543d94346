import type { EnvSource, Task } from '../../../domain/template.ts';
import type { EnvVariable } from '../values/envs.ts';

/**
 * Variables as the engine keeps them (sae.md §4.3.4). Of several items of one name the last wins,
 * literal or not. A variable given by its name wins over one out of a whole ConfigMap, wherever
 * they stand; of whole ConfigMaps the last wins.
 */
export function taskVariables(envs: readonly EnvVariable[]): Pick<Task, 'env' | 'envFrom'> {
  const named = new Map<string, EnvVariable>();
  const whole = new Set<number>();
  for (const item of envs) {
    if (item.kind === 'config-map' && item.key === null) {
      const id = Number(item.configMapId);
      // Set again at the end: of several mentions the last one counts.
      whole.delete(id);
      whole.add(id);
    } else {
      named.set(item.name, item);
    }
  }
  const literals: [string, string][] = [];
  const envFrom: EnvSource[] = [...whole].map((allOf) => ({ allOf }));
  for (const [name, item] of named) {
    if (item.kind === 'literal') literals.push([name, item.value]);
    else if (item.key !== null) {
      envFrom.push({ name, configMapId: Number(item.configMapId), key: item.key });
    }
  }
  // fromEntries defines members, so a variable named __proto__ stays a variable.
  const env = Object.fromEntries(literals);
  return envFrom.length === 0 ? { env } : { env, envFrom };
}
