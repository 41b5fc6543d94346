import type { ConfigMap } from '../domain/catalog.ts';
import { openCiphers } from '../domain/transfer/ciphers.ts';
import { DomainError } from '../domain/errors.ts';
import { shardNumber, shardTotal } from '../domain/rerun.ts';
import type { DialectName, IdentityField, JobSpec, Mount, Task } from '../domain/template.ts';
import type { AttemptFile, AttemptMount, AttemptStart } from '../ports/executor.ts';
import type { ClaimedAttempt } from '../ports/store.ts';
import type { TransferWork } from '../ports/transfers.ts';
import { attemptEnvironment, attemptFacts } from './environment.ts';
import type { Catalog, Links } from './engine.ts';
import { workOrProblem } from './transfer-work.ts';

/** Key of a `kubernetes.io/dockerconfigjson` Secret. */
const dockerConfigKey = '.dockerconfigjson';

/** What preparing a start asks of the engine's other parts. */
export interface PreparationSources {
  readonly catalog: Pick<Catalog, 'configMaps' | 'secret'>;
  readonly links: Pick<Links, 'get'>;
  /** Opens what a dialect sealed into a definition. @throws Error when it cannot be opened. */
  unseal(sealed: string, purpose: string): string;
}

/** Whether something outside the run itself must be read before an attempt of it can start. */
export function needsPreparation({ task }: JobSpec): boolean {
  return (
    (task.envFrom?.length ?? 0) > 0 ||
    (task.mounts?.length ?? 0) > 0 ||
    task.artifact.kind === 'transfer' ||
    (task.artifact.kind === 'image' && task.artifact.pullSecretId !== undefined)
  );
}

/** The start of an attempt whose run has everything it needs. */
export function plainStart(attempt: ClaimedAttempt): AttemptStart {
  return startOf(attempt, {});
}

function startOf(
  attempt: ClaimedAttempt,
  variables: Readonly<Record<string, string>>,
): AttemptStart {
  const { run, attemptId, fence } = attempt;
  const env = attemptEnvironment(attempt, variables);
  const { kind } = run.spec.task.artifact;
  if (kind === 'image' || kind === 'package') return { attemptId, fence, spec: run.spec, env };
  return {
    attemptId,
    fence,
    spec: withPlaceholders(run.spec, attemptFacts(attempt)),
    env,
    run: {
      id: run.id,
      templateId: run.templateId,
      templateName: run.templateName,
      namespace: run.namespace,
      trigger: run.trigger,
      scheduledAtMs: run.scheduledAtMs ?? run.createdAtMs,
      replicas: shardTotal(run.spec),
      index: shardNumber(run.spec, attempt.index),
      number: attempt.number,
    },
  };
}

/** The spec with a script's placeholders replaced, the longest first; each once, not again. */
function withPlaceholders(spec: JobSpec, facts: Readonly<Record<IdentityField, string>>): JobSpec {
  const { artifact } = spec.task;
  if (artifact.kind !== 'script' || artifact.placeholders === undefined) return spec;
  const values = new Map(Object.entries(artifact.placeholders));
  const tokens = [...values.keys()].toSorted((a, b) => b.length - a.length);
  if (tokens.length === 0) return spec;
  const pattern = new RegExp(tokens.map(literally).join('|'), 'g');
  const text = artifact.text.replace(pattern, (token) => {
    const value = values.get(token) ?? '';
    if (typeof value === 'string') return value;
    const fact = facts[value.fact];
    return value.plus === undefined ? fact : String(Number(fact) + value.plus);
  });
  return { ...spec, task: { ...spec.task, artifact: { ...artifact, text } } };
}

/** @throws DomainError for keys that were sealed with another master key. */
export function withKeys(
  work: TransferWork,
  { unseal }: Pick<PreparationSources, 'unseal'>,
): TransferWork {
  try {
    return { ...work, definition: openCiphers(work.definition, unseal) };
  } catch {
    throw new DomainError(
      'invalid-argument',
      'the keys of its files cannot be opened: they were sealed with another master key; update the job with them',
    );
  }
}

/**
 * Reads what attempts of one run refer to, as it is now (sae.md §4.3.4: a changed ConfigMap acts
 * on the next start).
 * @throws DomainError that names what is missing.
 */
export async function preparedStarts(
  attempts: readonly ClaimedAttempt[],
  sources: PreparationSources,
): Promise<readonly AttemptStart[]> {
  const run = attempts[0]?.run;
  if (run === undefined) return [];
  const { task } = run.spec;
  const configMaps = await readConfigMaps(run.dialect, task, sources);
  const registryConfig = await readRegistryConfig(run.dialect, task, sources);
  const files = filesOf(task.mounts ?? [], configMaps);
  const mounts = mountsOf(task.mounts ?? [], sources);
  const variables = variablesOf(task, configMaps);
  const transfer =
    task.artifact.kind === 'transfer'
      ? await workOrProblem(
          task.artifact,
          run.scheduledAtMs ?? run.createdAtMs,
          sources.links,
          (work) => withKeys(work, sources),
        )
      : {};
  return attempts.map((attempt) => ({
    ...startOf(attempt, variables),
    files,
    mounts,
    ...(registryConfig === null ? {} : { registryConfig }),
    ...transfer,
  }));
}

async function readConfigMaps(
  dialect: DialectName,
  task: Task,
  { catalog }: PreparationSources,
): Promise<ReadonlyMap<number, ConfigMap>> {
  const ids = new Set<number>();
  for (const source of task.envFrom ?? []) {
    ids.add('allOf' in source ? source.allOf : source.configMapId);
  }
  for (const { source } of task.mounts ?? []) {
    if (source.kind === 'config-map') ids.add(source.configMapId);
  }
  if (ids.size === 0) return new Map();
  const found = await catalog.configMaps(dialect, [...ids]);
  return new Map(found.map((configMap) => [configMap.id, configMap]));
}

async function readRegistryConfig(
  dialect: DialectName,
  { artifact }: Task,
  { catalog }: PreparationSources,
): Promise<string | null> {
  if (artifact.kind !== 'image' || artifact.pullSecretId === undefined) return null;
  const id = artifact.pullSecretId;
  const secret = await catalog.secret(dialect, id);
  if (secret === null) {
    throw new DomainError('secret-not-found', `the Secret (ID: ${id}) for pulling does not exist`, {
      id,
    });
  }
  const sealed = secret.data[dockerConfigKey];
  if (sealed === undefined) {
    throw new DomainError(
      'invalid-argument',
      `the Secret (ID: ${id}) for pulling has no ${dockerConfigKey}; its type must be kubernetes.io/dockerconfigjson`,
    );
  }
  // Values of Secrets are base64 (sae.md §5.3).
  return Buffer.from(sealed, 'base64').toString('utf8');
}

function variablesOf(
  task: Task,
  configMaps: ReadonlyMap<number, ConfigMap>,
): Record<string, string> {
  const variables: [string, string][] = [];
  for (const source of task.envFrom ?? []) {
    if ('allOf' in source) {
      const pairs = Object.entries(known(configMaps, source.allOf).data);
      // A key that can be no variable's name is left out, as container platforms do.
      variables.push(...pairs.filter(([name]) => name !== '' && !/[=\0]/.test(name)));
    } else {
      variables.push([source.name, valueOf(configMaps, source.configMapId, source.key)]);
    }
  }
  // fromEntries defines members, so a variable named __proto__ stays a variable.
  return Object.fromEntries(variables);
}

/** Files by path: one key mounted by itself wins over the same file of a whole map. */
function filesOf(
  mounts: readonly Mount[],
  configMaps: ReadonlyMap<number, ConfigMap>,
): readonly AttemptFile[] {
  const files = new Map<string, string>();
  for (const { mountPath, source } of mounts) {
    if (source.kind !== 'config-map' || source.key !== null) continue;
    const folder = mountPath === '/' ? '' : mountPath;
    for (const [key, content] of Object.entries(known(configMaps, source.configMapId).data)) {
      if (key === '' || key === '.' || key === '..' || /[/\0]/.test(key)) {
        throw new DomainError(
          'invalid-argument',
          `key ${JSON.stringify(key)} of the ConfigMap (ID: ${source.configMapId}) cannot name a file; rename it, or mount other keys one by one`,
        );
      }
      files.set(`${folder}/${key}`, content);
    }
  }
  for (const { mountPath, source } of mounts) {
    if (source.kind !== 'config-map' || source.key === null) continue;
    files.set(mountPath, valueOf(configMaps, source.configMapId, source.key));
  }
  return [...files].map(([path, content]) => ({ path, content }));
}

function mountsOf(
  mounts: readonly Mount[],
  { unseal }: PreparationSources,
): readonly AttemptMount[] {
  return mounts.flatMap(({ mountPath, readOnly, source }): AttemptMount[] => {
    if (source.kind === 'config-map') return [];
    if (source.kind === 'volume') return [{ mountPath, readOnly, source }];
    const { bucket, path, credentials } = source;
    const clear =
      credentials === null
        ? null
        : {
            accessKeyId: credentials.accessKeyId,
            secret: opened(credentials, bucket, unseal),
          };
    return [{ mountPath, readOnly, source: { kind: 'bucket', bucket, path, credentials: clear } }];
  });
}

function known(configMaps: ReadonlyMap<number, ConfigMap>, id: number): ConfigMap {
  const configMap = configMaps.get(id);
  if (configMap !== undefined) return configMap;
  throw new DomainError('config-map-not-found', `the ConfigMap (ID: ${id}) does not exist`, { id });
}

function valueOf(configMaps: ReadonlyMap<number, ConfigMap>, id: number, key: string): string {
  const { data } = known(configMaps, id);
  if (Object.hasOwn(data, key)) return data[key] ?? '';
  throw new DomainError(
    'config-map-not-found',
    `the ConfigMap (ID: ${id}) has no key ${JSON.stringify(key)}`,
    { id, key },
  );
}

function opened(
  credentials: { readonly sealedSecret: string; readonly purpose: string },
  bucket: string,
  unseal: PreparationSources['unseal'],
): string {
  try {
    return unseal(credentials.sealedSecret, credentials.purpose);
  } catch {
    throw new DomainError(
      'invalid-argument',
      `the secret for bucket ${bucket} cannot be opened: it was sealed with another master key; update the template with it`,
    );
  }
}

/** Text as a pattern that matches just it. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
