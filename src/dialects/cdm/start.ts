/** Starting jobs (cdm.md §3.8). */
import { DomainError } from '../../domain/errors.ts';
import { isFinal } from '../../domain/states.ts';
import type { Template, TransferArtifact } from '../../domain/template.ts';
import type { RunOverride } from '../../engine/index.ts';
import { isDisposed } from './disposal.ts';
import { cdmError, cdmErrorWith } from './errors.ts';
import { type Job, jobOf } from './job-document.ts';
import type { Cluster, CdmServices } from './services.ts';
import { type Submission, submissionOf } from './submissions.ts';
import { requireMacros } from './translate/macros-check.ts';
import { environmentOf } from './translate/transfer-settings.ts';

type Texts = Readonly<Record<string, string>>;

/** Most variables of one start, and characters of all together. */
const variableLimits = { count: 500, chars: 262_144 } as const;

/**
 * Variables as a request gives them; numbers and booleans become texts.
 * @throws WireError Cdm.0004, Cdm.0014.
 */
export function readVariables(raw: Readonly<Record<string, unknown>> | undefined): Texts {
  const entries = Object.entries(raw ?? {}).filter(([, value]) => value !== null);
  if (entries.length > variableLimits.count) {
    throw cdmError('Cdm.0014', `at most ${variableLimits.count} variables can be given.`);
  }
  let chars = 0;
  const texts = entries.map(([name, value]) => {
    if (typeof value === 'object' || value === undefined) {
      throw cdmError('Cdm.0004', `variables.${name.slice(0, 100)}`, 'must be a text');
    }
    const text = String(value);
    chars += name.length + text.length;
    if (chars > variableLimits.chars) {
      throw cdmError(
        'Cdm.0014',
        `variables must have at most ${variableLimits.chars} characters together.`,
      );
    }
    return [name, text] as const;
  });
  return Object.fromEntries(texts);
}

/**
 * Accepts a submission durably; nothing is read or connected before.
 * @throws WireError Cdm.0100 for a job that is being disposed of, Cdm.0059, 400 Cdm.0101,
 *   Cdm.0060, Cdm.0052, Cdm.0014 for a variable that nothing defines.
 */
export async function startSubmission(
  services: CdmServices,
  cluster: Cluster,
  job: Job,
  variables: Texts,
  by: string,
  traceparent: string | null = null,
): Promise<Submission> {
  const { context, submissionIds, settings } = services;
  const { engine } = context;
  const { template, document } = job;
  const latest = await engine.runs.latest(template.id);
  if (await isDisposed(services, job, 'hidden', latest)) throw cdmError('Cdm.0100', document.name);
  if (!document.enabled) throw cdmError('Cdm.0059', document.name);
  if (latest !== null && !isFinal('run', latest.state)) throw cdmError('Cdm.0052', document.name);
  for (const name of new Set([document.fromLink, document.toLink])) {
    const link = await engine.links.get(cluster.id, name);
    if (link === null) throw cdmErrorWith('Cdm.0101', { status: 400 }, name);
    if (!link.enabled) throw cdmError('Cdm.0060', name);
  }
  const environment = environmentOf(settings.transfers, {
    id: cluster.id,
    name: cluster.spec.name,
  });
  const override = (current: Template): RunOverride => {
    const artifact = withVariables(current, variables, environment);
    requireMacros(artifact, context.nowMs());
    return {
      spec: { ...current.spec, task: { ...current.spec.task, artifact } },
      document: { ...current.document, startedBy: by },
      notActedOn: current.notActedOn,
    };
  };
  // Told before anything is written; within the transaction it is checked again.
  override(template);
  await submissionIds.ready(engine.documents);
  try {
    const { run } = await engine.runs.submit({
      templateId: template.id,
      dialect: 'cdm',
      trigger: 'manual',
      idPrefix: '',
      idSuffix: '',
      runId: submissionIds.next(),
      idempotencyKey: null,
      notBeforeMs: null,
      by,
      traceparent,
      override,
    });
    return await submissionOf(services, run, job);
  } catch (error) {
    throw named(error, document.name);
  }
}

function withVariables(template: Template, variables: Texts, environment: Texts): TransferArtifact {
  const { artifact } = template.spec.task;
  if (artifact.kind !== 'transfer' || jobOf(template) === null) {
    throw new Error(`template ${template.id} is no data job`);
  }
  return { ...artifact, variables, environment };
}

/** The engine's refusals name templates; clients know jobs. */
function named(error: unknown, job: string): unknown {
  if (!(error instanceof DomainError)) return error;
  switch (error.code) {
    case 'concurrency-forbidden':
      return cdmError('Cdm.0052', job);
    case 'template-not-found':
    case 'template-deleting':
      return cdmError('Cdm.0100', job);
    case 'template-suspended':
      return cdmError('Cdm.0059', job);
    default:
      return error;
  }
}
