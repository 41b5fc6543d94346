import { DomainError } from '../../domain/errors.ts';
import type { Run } from '../../domain/run.ts';
import type { JobSpec } from '../../domain/template.ts';
import type { AdmissionRequest, AdmissionResult, RunOverride } from '../../ports/store.ts';
import { type RunJoined, type TemplateRecord, toRun, toTemplate } from '../sql/rows.ts';
import { knownByKey } from './admission-sql.ts';
import type { deferred } from './batcher.ts';
import { rowsJson, storableText } from './json-rows.ts';
import type { RevisionsOf } from './revisions.ts';
import type { Transaction } from './transactions.ts';

/** What a request of a batch is told, if it is not put off to the next batch. */
export type Answer = AdmissionResult | typeof deferred;

/** A request whose definition is known: what is left are the policies. */
export interface Candidate {
  readonly index: number;
  readonly request: AdmissionRequest;
  readonly template: TemplateRecord;
  readonly override: RunOverride | null;
  readonly spec: JobSpec;
}

/** Answers what needs no policy, and puts off what depends on another request of the batch. */
export function sift(
  requests: readonly AdmissionRequest[],
  templates: ReadonlyMap<string, TemplateRecord>,
  known: ReadonlyMap<string, RunJoined>,
  revisions: RevisionsOf,
  answers: Answer[],
): Candidate[] {
  const candidates: Candidate[] = [];
  const keys = new Set<string>();
  for (const [index, request] of requests.entries()) {
    const template = templates.get(request.templateId);
    if (template === undefined || template.dialect !== request.dialect) {
      const text = `there is no template ${request.templateId}`;
      const details = { templateId: request.templateId };
      const error = new DomainError('template-not-found', text, details);
      answers[index] = { kind: 'refused', error };
      continue;
    }
    if (request.idempotencyKey !== null) {
      const key = `${template.n} ${storableText(request.idempotencyKey)}`;
      const existing = known.get(key);
      if (existing !== undefined) {
        answers[index] = { kind: 'existing', run: toRun(existing) };
        continue;
      }
      if (keys.has(key)) continue;
      keys.add(key);
    }
    const revision = revisions({ template_n: template.n, revision: template.revision });
    try {
      const override = request.override?.(toTemplate(template, revision)) ?? null;
      candidates.push({ index, request, template, override, spec: (override ?? revision).spec });
    } catch (error) {
      answers[index] = { kind: 'refused', error: error as Error };
    }
  }
  return candidates;
}

/** Runs that have one of the requests' keys, by template and key. */
export async function existingRuns(
  tx: Transaction,
  requests: readonly AdmissionRequest[],
  templates: ReadonlyMap<string, TemplateRecord>,
): Promise<ReadonlyMap<string, RunJoined>> {
  const keyed = requests.flatMap(({ templateId, idempotencyKey }) => {
    const template = templates.get(templateId);
    if (idempotencyKey === null || template === undefined) return [];
    return [{ template_n: template.n, key: idempotencyKey }];
  });
  if (keyed.length === 0) return new Map();
  const rows = await tx.rows<RunJoined>(knownByKey, [rowsJson(keyed)]);
  return new Map(rows.map((row) => [`${row.template_n} ${row.idempotency_key}`, row]));
}

/** The same as a row to insert; a column that is left out is null. */
export function rowOf({ request, template, override }: Candidate, run: Run): object {
  return {
    id: run.id,
    template_n: template.n,
    revision: template.revision,
    trigger: run.trigger,
    by: request.by,
    replicas: run.replicas,
    created_at: run.createdAtMs,
    not_before: run.notBeforeMs,
    ...(run.idempotencyKey === null ? {} : { idempotency_key: run.idempotencyKey }),
    ...(run.hold === null ? {} : { hold: run.hold }),
    ...(run.scheduledAtMs === null ? {} : { scheduled_at: run.scheduledAtMs }),
    ...(request.traceparent ? { traceparent: request.traceparent } : {}),
    ...(override === null ? {} : overrideColumns(override)),
  };
}

function overrideColumns({ spec, document, notActedOn }: RunOverride): object {
  return {
    spec: JSON.stringify(spec),
    document: JSON.stringify(document),
    not_acted_on: JSON.stringify(notActedOn),
  };
}
