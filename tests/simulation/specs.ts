import type { ScheduleDefinition } from '../../src/domain/schedule/definition.ts';
import type { JobSpec, TemplateRevision } from '../../src/domain/template.ts';

/** Whose all templates are. */
export const naming = { dialect: 'native', namespace: 'sim' } as const;

/** The job of the simulation; what it does is the machine's choice. */
export const baseSpec: JobSpec = {
  task: {
    artifact: { kind: 'image', image: 'sim' },
    argv: ['script'],
    env: {},
    identityEnv: {},
    postStart: null,
    preStop: null,
  },
  replicas: 1,
  shards: null,
  concurrency: 'allow',
  retry: { limit: 0, backoffMs: 100, backoffMaxMs: 100 },
  timeoutMs: null,
  graceMs: 500,
  timezone: 'UTC',
  resources: { cpuMillis: 100, memoryMib: 64 },
};

/** A definition of the spec, with nothing else. */
export function revisionOf(spec: JobSpec, schedule: ScheduleDefinition | null): TemplateRevision {
  return { spec, document: {}, notActedOn: [], refersTo: null, schedule };
}
