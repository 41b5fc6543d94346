import { DomainError } from '../domain/errors.ts';
import type { RunDetail } from '../domain/run.ts';
import type { CatalogStore } from '../ports/catalog.ts';
import { attemptEnvironment } from './environment.ts';

/** Where a variable has its value from. */
export type VariableOrigin = 'definition' | 'config-map' | 'shard' | 'fact';

/** A variable as people may see it. */
export interface ShownVariable {
  readonly name: string;
  /** Null = hidden, or not known. */
  readonly value: string | null;
  /** Whether its name says that it is a secret. */
  readonly masked: boolean;
  readonly origin: VariableOrigin;
}

/** Parts of names whose values nobody is shown. */
const secretName = /pass(?:wd|word|phrase)?|secret|token|key|credential|private|auth/i;

/**
 * The variables that an instance starts with, by name. ConfigMaps are read when an attempt starts:
 * they are shown as they are now.
 * @throws DomainError `instance-not-found`.
 */
export async function shownEnvironment(
  run: RunDetail,
  index: number,
  catalog: Pick<CatalogStore, 'configMaps'>,
): Promise<readonly ShownVariable[]> {
  if (index >= run.replicas) {
    throw new DomainError('instance-not-found', `run ${run.id} has no instance ${index}`, {
      runId: run.id,
      index,
    });
  }
  const configured = await configuredVariables(run, catalog);
  const known = Object.fromEntries([...configured].map(([name, value]) => [name, value ?? '']));
  const { task, shards } = run.spec;
  const env = attemptEnvironment(
    { attemptId: '', executor: '', fence: 0, index, number: 1, run },
    known,
  );
  const origin = (name: string): VariableOrigin => {
    if (Object.hasOwn(shards?.[index] ?? {}, name)) return 'shard';
    if (Object.hasOwn(task.env, name)) return 'definition';
    return configured.has(name) ? 'config-map' : 'fact';
  };
  return Object.entries(env)
    .map(([name, value]): ShownVariable => {
      const from = origin(name);
      const masked = from !== 'fact' && secretName.test(name);
      const unknown = from === 'config-map' && configured.get(name) === null;
      return { name, value: masked || unknown ? null : value, masked, origin: from };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Null = the ConfigMap or its key is not there. */
async function configuredVariables(
  { dialect, spec }: RunDetail,
  catalog: Pick<CatalogStore, 'configMaps'>,
): Promise<ReadonlyMap<string, string | null>> {
  const sources = spec.task.envFrom ?? [];
  const ids = sources.map((source) => ('allOf' in source ? source.allOf : source.configMapId));
  const found = ids.length === 0 ? [] : await catalog.configMaps(dialect, [...new Set(ids)]);
  const data = new Map(found.map((configMap) => [configMap.id, configMap.data]));
  const variables = new Map<string, string | null>();
  for (const source of sources) {
    if ('allOf' in source) {
      for (const [name, value] of Object.entries(data.get(source.allOf) ?? {})) {
        if (name !== '' && !/[=\0]/.test(name)) variables.set(name, value);
      }
    } else {
      const pairs = data.get(source.configMapId) ?? {};
      variables.set(
        source.name,
        Object.hasOwn(pairs, source.key) ? (pairs[source.key] ?? '') : null,
      );
    }
  }
  return variables;
}
