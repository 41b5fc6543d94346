import type { ConcurrencyPolicy } from '../../../domain/policies.ts';
import type { IdentityField, JobSpec, TemplateRevision } from '../../../domain/template.ts';
import { readInteger } from '../parameters/scalars.ts';
import type { SaeSettings } from '../services.ts';
import { usesCommand } from '../validation/packages.ts';
import type { PackageFamily } from '../validation/packages.ts';
import type { ValidJob } from '../validation/validate-job.ts';
import { logCollections } from '../values/sls-configs.ts';
import { toArtifact } from './artifact.ts';
import { toMounts } from './mounts.ts';
import { notActedOn } from './not-acted-on.ts';
import { referencesOf } from './references.ts';
import { scheduleOf } from './schedule.ts';
import { taskVariables } from './variables.ts';
import type { WebhookPart } from './webhook.ts';

/** Zone of templates that name none (sae.md §4.1). */
export const defaultTimezone = 'Asia/Shanghai';
/** Seconds between SIGTERM and SIGKILL when the template says nothing. */
const defaultGraceSeconds = 30;
const defaultBackoffLimit = 0;

/** Facts that every instance finds in its environment (sae.md §4.3.9). */
const identityEnv: Readonly<Record<string, IdentityField>> = {
  SAE_APP_ID: 'template.id',
  SAE_APP_NAME: 'template.name',
  SAE_NAMESPACE_ID: 'template.namespace',
  SAE_JOB_ID: 'run.id',
  SAE_REPLICAS: 'run.replicas',
  JOB_COMPLETION_INDEX: 'instance.index',
};

const policies: Readonly<Record<string, ConcurrencyPolicy>> = {
  Allow: 'allow',
  Forbid: 'forbid',
  Replace: 'replace',
};

/**
 * A checked definition as the engine stores it.
 * @param webhook what `webhookPart` made of its trigger.
 */
export function toRevision(
  job: ValidJob,
  settings: SaeSettings,
  webhook: WebhookPart,
): TemplateRevision {
  const spec = toSpec(job, settings);
  const references = referencesOf(job);
  return {
    spec,
    document: { ...job.bag, ...webhook.document },
    notActedOn: notActedOn(job.bag, job.family, settings),
    refersTo: job.bag['RefAppId'] ?? null,
    schedule: scheduleOf(job.trigger, spec.timezone),
    ...(references.length === 0 ? {} : { references }),
    ...(webhook.webhookTokenHash === null ? {} : { webhookTokenHash: webhook.webhookTokenHash }),
  };
}

function toSpec(job: ValidJob, settings: SaeSettings): JobSpec {
  const { bag, hostAliases } = job;
  const timeoutSeconds = readInteger(bag['Timeout'] ?? '');
  const mounts = toMounts(job);
  const collect = settings.logCollection ? logCollections(job.slsConfigs) : [];
  return {
    task: {
      artifact: toArtifact(job, settings),
      argv: argumentVector(job.family, bag['Command'], job.commandArgs),
      ...taskVariables(job.envs),
      identityEnv,
      postStart: job.postStart,
      preStop: job.preStop,
      ...(mounts.length === 0 ? {} : { mounts }),
      ...(hostAliases.length === 0 ? {} : { hostAliases }),
      ...(collect.length === 0 ? {} : { collect }),
    },
    replicas: job.replicas,
    shards: job.shards,
    concurrency: policies[bag['ConcurrencyPolicy'] ?? 'Allow'] ?? 'allow',
    retry: {
      limit: readInteger(bag['BackoffLimit'] ?? '') ?? defaultBackoffLimit,
      backoffMs: settings.backoffMs,
      backoffMaxMs: settings.backoffMaxMs,
    },
    timeoutMs: timeoutSeconds === undefined ? null : timeoutSeconds * 1000,
    graceMs:
      (readInteger(bag['TerminationGracePeriodSeconds'] ?? '') ?? defaultGraceSeconds) * 1000,
    timezone: bag['Timezone'] ?? defaultTimezone,
    resources: job.resources,
  };
}

/**
 * What replaces the artifact's own command. Arguments alone replace nothing, and FatJar and War
 * have a start command of their own (sae.md §4.3.3).
 */
export function argumentVector(
  family: PackageFamily,
  command: string | undefined,
  args: readonly string[],
): readonly string[] {
  return command === undefined || !usesCommand(family) ? [] : [command, ...args];
}
