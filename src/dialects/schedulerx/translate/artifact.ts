import type {
  HttpArtifact,
  PlaceholderValue,
  ScriptArtifact,
  WorkerArtifact,
} from '../../../domain/template.ts';
import { failures } from '../errors.ts';
import { type InstanceRequest, type JobDocument, triggerTypes } from '../job-document.ts';
import type { JobSurroundings } from '../services.ts';
import { httpArtifact } from './http.ts';
import { jsonObject } from './json.ts';
import { mapAttributes } from './map-attributes.ts';
import { executeModeOf } from './modes.ts';
import { shardingVariable } from './sharding.ts';

/** Longest Content, in UTF-8 bytes. */
export const maxContentBytes = 256 * 1024;

/** Types of job that are known and cannot run here, with what to do instead (schedulerx.md §5.5). */
const refusedTypes: Readonly<Record<string, string>> = {
  springschedule: 'springschedule jobs need the Java worker of the service; use xxljob',
  dataworks: 'dataworks jobs need that cloud product',
  k8s: 'k8s jobs need the Kubernetes executor, which this server does not have; use shell or python',
};

/**
 * What an instance runs (§5.5). Scripts and http run on the built-in worker; java, go and xxljob on
 * the workers of the application.
 * @throws WireError business failure for a type, a mode or a Content that cannot run here.
 */
export function artifactOf(
  document: JobDocument,
  surroundings: JobSurroundings,
  instance: InstanceRequest | null,
): ScriptArtifact | HttpArtifact | WorkerArtifact {
  const { given } = document;
  const type = jobTypeOf(given['JobType'] ?? '');
  const content = given['Content'] ?? '';
  if (Buffer.byteLength(content) > maxContentBytes) {
    throw failures.unfit('Content', `it is longer than ${maxContentBytes} bytes`);
  }
  const mode = executeModeOf(document, type);
  const parameters = instance?.parameters ?? given['Parameters'] ?? '';
  switch (type) {
    case 'shell':
    case 'python':
      return script(type, document, instance, parameters);
    case 'http':
      return httpArtifact(memberObject(content), parameters);
    default:
      return {
        kind: 'worker',
        group: document.group,
        jobType: type === 'go' ? 'golang' : type,
        content: workerContent(type, document),
        contentAtMs: document.contentAtMs,
        mode,
        parameters: given['Parameters'] ?? '',
        instanceParameters: instance?.parameters ?? null,
        attributes: mapAttributes(given),
        designated: surroundings.designated,
        ...(surroundings.avoidsBusy ? { avoidsBusy: true } : {}),
        ...(surroundings.routes.length === 0 ? {} : { routes: surroundings.routes }),
      };
  }
}

/** The type of a job, with `golang` as `go`. @throws WireError for what cannot run here. */
export function jobTypeOf(text: string): 'shell' | 'python' | 'http' | 'xxljob' | 'java' | 'go' {
  switch (text) {
    case 'shell':
    case 'python':
    case 'http':
    case 'xxljob':
    case 'java':
    case 'go':
      return text;
    case 'golang':
      return 'go';
    default: {
      const reason = Object.hasOwn(refusedTypes, text) ? refusedTypes[text] : undefined;
      throw reason === undefined
        ? failures.invalid('JobType', text)
        : failures.unfit('JobType', reason);
    }
  }
}

/** What a worker is told to run: the handler's name, or the JSON that the workers read. */
function workerContent(type: 'xxljob' | 'java' | 'go', { given }: JobDocument): string {
  if (type === 'java') {
    const className = given['ClassName'] ?? jsonObject(given['Content'] ?? '')?.['className'];
    if (typeof className !== 'string' || className.trim() === '') throw failures.classNameBlank();
    return JSON.stringify({ className: className.trim() });
  }
  const member = type === 'go' ? 'jobName' : 'jobHandler';
  const name = memberObject(given['Content'] ?? '')[member];
  if (typeof name !== 'string' || name.trim() === '') {
    throw failures.unfit('Content', `it must be {"${member}":"…"}`);
  }
  return type === 'go' ? JSON.stringify({ jobName: name }) : name;
}

function memberObject(content: string): Readonly<Record<string, unknown>> {
  const members = jsonObject(content);
  if (members === null) throw failures.unfit('Content', 'it must be a JSON object');
  return members;
}

function script(
  language: ScriptArtifact['language'],
  { given }: JobDocument,
  instance: InstanceRequest | null,
  parameters: string,
): ScriptArtifact {
  const text = given['Content'] ?? '';
  if (text.trim() === '')
    throw failures.unfit('Content', `the text of the ${language} script is missing`);
  const offsetMs = Number(given['DataOffset'] ?? 0) * 1000;
  const scheduledAt: PlaceholderValue =
    instance === null ? { fact: 'run.scheduledAtMs' } : String(instance.scheduleTimeMs);
  const attempts = { fact: 'attempt.number', plus: -1 } as const;
  const shifted = { fact: 'run.scheduledAtMs', plus: offsetMs } as const;
  const dataAt: PlaceholderValue =
    instance === null ? shifted : String(instance.dataTimeMs ?? instance.scheduleTimeMs + offsetMs);
  const placeholder = (name: string): string => `#{schedulerx.${name}}`;
  const sharded = /^shard(?:ing)?$/.test(given['ExecuteMode'] ?? '');
  if (sharded && language === 'python' && text.includes(placeholder('shardingParameters'))) {
    throw failures.unfit(
      'Content',
      `a python script finds its shard in the variable ${shardingVariable}; ${placeholder('shardingParameters')} is not replaced`,
    );
  }
  return {
    kind: 'script',
    language,
    text,
    placeholders: {
      [placeholder('jobParameters')]: parameters,
      [placeholder('shardingId')]: { fact: 'instance.index' },
      [placeholder('shardingNum')]: { fact: 'run.replicas' },
      [placeholder('shardingParameters')]: sharded ? `\${${shardingVariable}}` : '',
      [placeholder('attempt')]: attempts,
      [placeholder('triggerType')]: String(instance?.triggerType ?? triggerTypes.scheduled),
      [placeholder('scheduleTime')]: scheduledAt,
      [placeholder('dataTime')]: dataAt,
    },
  };
}
