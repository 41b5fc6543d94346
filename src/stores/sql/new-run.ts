import type { Hold, Run } from '../../domain/run.ts';
import type { JobSpec } from '../../domain/template.ts';
import type { AdmissionRequest } from '../../ports/store.ts';
import type { TemplateRecord } from './rows.ts';

/** The run that an accepted wish becomes. */
export function newRun(
  request: AdmissionRequest,
  template: TemplateRecord,
  spec: JobSpec,
  hold: Hold | null,
): Run {
  return {
    id: request.runId,
    templateId: template.id,
    templateRevision: template.revision,
    dialect: request.dialect,
    namespace: template.namespace,
    trigger: request.trigger,
    idempotencyKey: request.idempotencyKey,
    state: 'queued',
    hold,
    stopCause: null,
    replicas: spec.replicas,
    active: 0,
    succeeded: 0,
    failed: 0,
    message: '',
    verdict: null,
    createdAtMs: request.nowMs,
    notBeforeMs: Math.max(request.notBeforeMs, request.nowMs),
    scheduledAtMs: request.scheduledAtMs,
    startedAtMs: null,
    endedAtMs: null,
    deadlineAtMs: null,
  };
}
