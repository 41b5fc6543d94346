import { DomainError } from '../../domain/errors.ts';
import { defaultBackoff } from '../../domain/policies.ts';
import type { JobSpec, Template, TemplateRevision } from '../../domain/template.ts';
import type { RunOverride } from '../../engine/index.ts';
import { readSchedule } from './read-schedule.ts';
import { collectionsOf, type RunInput, type TemplateInput } from './views/template.ts';

/** The artifact that means "a program of the machine the server runs on". */
const hostImage = 'longshore/host';

/** Facts about the run that every native job finds in its environment. */
const identityEnv = {
  LONGSHORE_TEMPLATE_ID: 'template.id',
  LONGSHORE_TEMPLATE_NAME: 'template.name',
  LONGSHORE_RUN_ID: 'run.id',
  LONGSHORE_REPLICAS: 'run.replicas',
  LONGSHORE_INSTANCE_INDEX: 'instance.index',
  LONGSHORE_ATTEMPT: 'attempt.number',
} as const;

/** The zone itself. @throws DomainError `invalid-argument` for what is no IANA zone. */
export function checkZone(zone: string): string {
  try {
    // Resolving the options is what refuses an unknown zone.
    new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions();
    return zone;
  } catch {
    throw new DomainError(
      'invalid-argument',
      `timezone ${zone} is no IANA zone; write e.g. Europe/Berlin`,
    );
  }
}

/**
 * The engine's definition of a native template. Its schedule reads local times in the template's
 * timezone when it names none.
 * @throws DomainError `invalid-argument`; ScheduleFaultError.
 */
export function revisionOf(input: TemplateInput): TemplateRevision {
  const spec: JobSpec = {
    task: {
      artifact: { kind: 'image', image: hostImage },
      argv: input.command,
      env: input.env ?? {},
      identityEnv,
      postStart: null,
      preStop: null,
      ...(input.collect === undefined ? {} : { collect: collectionsOf(input.collect) }),
    },
    replicas: input.replicas ?? 1,
    shards: null,
    concurrency: input.concurrency ?? 'allow',
    retry: { limit: input.retries ?? 0, ...defaultBackoff },
    timeoutMs: input.timeoutMs ?? null,
    graceMs: input.graceMs ?? 30_000,
    timezone: checkZone(input.timezone ?? 'UTC'),
    resources: { cpuMillis: 0, memoryMib: 0 },
  };
  const { schedule } = input;
  return {
    spec,
    document: { ...input },
    notActedOn: [],
    refersTo: null,
    schedule:
      schedule === undefined || schedule === null ? null : readSchedule(schedule, spec.timezone),
  };
}

/** Applies what a run changes; null when it changes nothing. Pure, as admission needs it. */
export function overrideOf(input: RunInput): ((template: Template) => RunOverride) | null {
  const { command, env, replicas, variables } = input;
  const changesCommand = command !== undefined || env !== undefined || replicas !== undefined;
  if (!changesCommand && variables === undefined) return null;
  return ({ name, dialect, spec, document, notActedOn }) => {
    if (dialect !== 'native') {
      // The other dialects read their own document back, which we cannot rewrite truthfully.
      throw new DomainError(
        'invalid-argument',
        `a run of a ${dialect} template can be changed through its own API only`,
      );
    }
    const { artifact } = spec.task;
    if (artifact.kind === 'transfer') {
      if (changesCommand)
        throw new DomainError(
          'invalid-argument',
          `${name} moves data: a run changes variables only`,
        );
      const changed = { ...artifact, variables: { ...artifact.variables, ...variables } };
      return { spec: { ...spec, task: { ...spec.task, artifact: changed } }, document, notActedOn };
    }
    if (variables !== undefined) {
      throw new DomainError(
        'invalid-argument',
        `${name} moves no data: give env instead of variables`,
      );
    }
    const task = {
      ...spec.task,
      argv: command ?? spec.task.argv,
      env: { ...spec.task.env, ...env },
    };
    return {
      spec: { ...spec, task, replicas: replicas ?? spec.replicas },
      document: {
        ...document,
        ...(command && { command }),
        env: task.env,
        ...(replicas && { replicas }),
      },
      notActedOn,
    };
  };
}
