import type { ConcurrencyPolicy } from '../../../domain/policies.ts';
import type {
  Artifact,
  IdentityField,
  JobSpec,
  TemplateRevision,
} from '../../../domain/template.ts';
import { readInteger } from '../parameters/scalars.ts';
import type { SaeSettings } from '../services.ts';
import { usesCommand } from '../validation/packages.ts';
import type { PackageFamily } from '../validation/packages.ts';
import type { ValidJob } from '../validation/validate-job.ts';
import { literalEnv } from '../values/envs.ts';
import { notActedOn } from './not-acted-on.ts';
import { scheduleOf } from './schedule.ts';

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

/** A checked definition as the engine stores it. */
export function toRevision(job: ValidJob, settings: SaeSettings): TemplateRevision {
  const spec = toSpec(job, settings);
  return {
    spec,
    document: job.bag,
    notActedOn: notActedOn(job.bag, job.family),
    refersTo: job.bag['RefAppId'] ?? null,
    schedule: scheduleOf(job.trigger, spec.timezone),
  };
}

function toSpec(job: ValidJob, settings: SaeSettings): JobSpec {
  const { bag } = job;
  const timeoutSeconds = readInteger(bag['Timeout'] ?? '');
  return {
    task: {
      artifact: toArtifact(job),
      argv: argumentVector(job.family, bag['Command'], job.commandArgs),
      env: literalEnv(job.envs),
      identityEnv,
      postStart: job.postStart,
      preStop: job.preStop,
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

function toArtifact({ family, bag }: ValidJob): Artifact {
  const source = {
    kind: 'package',
    url: bag['PackageUrl'] ?? '',
    version: bag['PackageVersion'] ?? '',
  } as const;
  switch (family) {
    case 'image':
      return { kind: 'image', image: bag['ImageUrl'] ?? '' };
    case 'fat-jar':
      return {
        ...source,
        format: 'jar',
        jdk: bag['Jdk'] ?? '',
        options: bag['JarStartOptions'] ?? '',
        args: bag['JarStartArgs'] ?? '',
      };
    case 'war':
      return {
        ...source,
        format: 'war',
        jdk: bag['Jdk'] ?? '',
        webContainer: bag['WebContainer'] ?? '',
        startOptions: bag['WarStartOptions'] ?? '',
        tomcat: {
          port: 8080,
          contextPath: '/',
          maxThreads: 400,
          uriEncoding: 'ISO-8859-1',
          useBodyEncodingForUri: true,
        },
      };
    case 'python':
      return {
        ...source,
        format: 'python',
        python: bag['Python'] ?? '',
        modules: bag['PythonModules'] ?? null,
      };
    case 'php':
      return {
        ...source,
        format: 'php',
        runtime: bag['Php'] ?? '',
        php: { config: bag['PhpConfig'] ?? null, location: bag['PhpConfigLocation'] ?? null },
      };
  }
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
