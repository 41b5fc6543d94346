import type { ConfigMap } from '../../../domain/catalog.ts';
import type { Artifact, JobSpec, Template } from '../../../domain/template.ts';
import type { RunOverride } from '../../../engine/index.ts';
import type { Params } from '../../aliyun/operation.ts';
import { jobParameter } from '../parameters/job-parameters.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import { checkScalar, readInteger } from '../parameters/scalars.ts';
import type { SaeSettings } from '../services.ts';
import { storedParameters } from '../validation/bag.ts';
import { packageFamily } from '../validation/packages.ts';
import { checkConfigMapReferences } from '../validation/references.ts';
import { isSliced, shardsWithin } from '../validation/validate-job.ts';
import { mergeEnvsText, parseEnvs } from '../values/envs.ts';
import { parseCommandArgs } from '../values/simple.ts';
import { parseSliceEnvs } from '../values/slice.ts';
import { notActedOn } from './not-acted-on.ts';
import { argumentVector } from './revision.ts';
import { taskVariables } from './variables.ts';

/** What ExecJob can change for one run (sae.md §4.4). */
const overridable = [
  'Command',
  'CommandArgs',
  'Envs',
  'JarStartOptions',
  'JarStartArgs',
  'WarStartOptions',
  'Replicas',
] as const;

/** The overrides a request sends; an empty value is none (sae.md §7.2 U8). */
export function sentOverrides(params: Params): ParameterBag {
  const sent: Record<string, string> = {};
  for (const name of overridable) {
    const text = params.get(name);
    if (text !== undefined && text !== '') sent[name] = text;
  }
  return sent;
}

/**
 * Applies a request's overrides to a template. Pure; the rest of the stored definition is not
 * checked again.
 * @param configMaps those that the request's Envs refer to, by id.
 * @throws WireError when an override is wrong, or does not fit the template.
 */
export function applyOverrides(
  template: Template,
  sent: ParameterBag,
  settings: SaeSettings,
  configMaps: ReadonlyMap<number, ConfigMap>,
): RunOverride {
  for (const [name, text] of Object.entries(sent)) {
    const row = jobParameter(name);
    if (row !== undefined) checkScalar(row, text);
  }
  const stored = storedParameters(template.document);
  const requestArgs = sent['CommandArgs'];
  const args = requestArgs === undefined ? storedArgs(stored) : parseCommandArgs(requestArgs);
  const envs = sent['Envs'] === undefined ? [] : parseEnvs(sent['Envs']);
  checkConfigMapReferences(envs, [], template.namespace, configMaps);
  const bag: ParameterBag = {
    ...stored,
    ...sent,
    ...(sent['Envs'] === undefined ? {} : { Envs: mergeEnvsText(stored['Envs'], sent['Envs']) }),
  };
  const family = packageFamily(bag['PackageType'] ?? '');
  const replicas = replicasOf(sent, template.spec);
  const { env: _, envFrom: __, ...task } = template.spec.task;
  return {
    spec: {
      ...template.spec,
      task: {
        ...task,
        artifact: withStartOptions(task.artifact, sent),
        argv: argumentVector(family, bag['Command'], args),
        ...taskVariables(bag['Envs'] === undefined ? [] : parseEnvs(bag['Envs'])),
      },
      replicas,
      shards: shardsOf(template.spec, bag, replicas, settings.replicasPerTemplate),
    },
    document: { ...template.document, ...bag },
    notActedOn: notActedOn(bag, family, settings),
  };
}

/** The artifact with the start options of a request, where it has such. */
function withStartOptions(artifact: Artifact, sent: ParameterBag): Artifact {
  if (artifact.kind !== 'package') return artifact;
  switch (artifact.format) {
    case 'jar':
      return {
        ...artifact,
        options: sent['JarStartOptions'] ?? artifact.options,
        args: sent['JarStartArgs'] ?? artifact.args,
      };
    case 'war':
      return { ...artifact, startOptions: sent['WarStartOptions'] ?? artifact.startOptions };
    default:
      return artifact;
  }
}

function storedArgs(stored: ParameterBag): readonly string[] {
  const text = stored['CommandArgs'];
  return text === undefined ? [] : parseCommandArgs(text);
}

function replicasOf(sent: ParameterBag, spec: JobSpec): number {
  const text = sent['Replicas'];
  return text === undefined ? spec.replicas : (readInteger(text) ?? spec.replicas);
}

function shardsOf(
  spec: JobSpec,
  bag: ParameterBag,
  replicas: number,
  limit: number,
): JobSpec['shards'] {
  if (!isSliced(bag) || replicas === spec.replicas) return spec.shards;
  const text = bag['SliceEnvs'];
  return shardsWithin(text === undefined ? null : parseSliceEnvs(text), replicas, limit);
}
