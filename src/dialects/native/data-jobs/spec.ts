/** What the engine keeps of a native data job. */
import { DomainError } from '../../../domain/errors.ts';
import type {
  JobSpec,
  Template,
  TemplateRevision,
  TransferArtifact,
} from '../../../domain/template.ts';
import { sealCiphers } from '../../../domain/transfer/ciphers.ts';
import type { FileCipher, TransferDefinition } from '../../../domain/transfer/definition.ts';
import { checkZone } from '../native-spec.ts';
import { readSchedule } from '../read-schedule.ts';
import type { DataJobInput } from '../views/data-job.ts';
import { readDefinition } from './definition-schema.ts';

/** Crashes of workers that a run survives. */
const crashBudget = 10;
/** Wait before what crashed is started again, and the longest one. */
const crashBackoff = { backoffMs: 1_000, backoffMaxMs: 60_000 } as const;
/** From the wish to stop to the end: a transaction is rolled back meanwhile. */
const graceMs = 20_000;

/** What does not come from the request. */
export interface DataJobContext {
  readonly namespace: string;
  /** What the macro `${version}` says. */
  readonly version: string;
  /** The definition so far, whose cipher keys stay; null = there is none. */
  readonly current: TransferDefinition | null;
}

/**
 * What a run of the job executes.
 * @throws ShapeFaultError; DomainError `invalid-argument`.
 */
export function artifactOf(
  { name, definition, variables, timezone }: DataJobInput,
  { namespace, version, current }: DataJobContext,
): TransferArtifact {
  return {
    kind: 'transfer',
    linkNamespace: namespace,
    definition: withKeys(readDefinition(definition, name), current),
    variables: variables ?? {},
    environment: {},
    timezone: checkZone(timezone ?? 'UTC'),
    version,
  };
}

/**
 * What is stored of the job. Keys of ciphers are sealed.
 * @throws ScheduleFaultError.
 */
export function dataJobRevision(
  input: DataJobInput,
  clear: TransferArtifact,
  seal: (text: string, purpose: string) => string,
): TemplateRevision {
  const { timezone } = clear;
  const definition = sealCiphers(clear.definition, seal);
  const artifact: TransferArtifact = { ...clear, definition };
  const replicas = definition.extractors * definition.concurrentTables;
  const spec: JobSpec = {
    task: { artifact, argv: [], env: {}, identityEnv: {}, postStart: null, preStop: null },
    replicas,
    shards: null,
    concurrency: input.concurrency ?? 'forbid',
    retry: { limit: crashBudget + definition.errorRetries * replicas, ...crashBackoff },
    timeoutMs: input.timeoutMs ?? null,
    graceMs,
    timezone,
    resources: { cpuMillis: 1_000, memoryMib: 512 },
  };
  const { schedule } = input;
  return {
    spec,
    // All that was sent is in the spec.
    document: {},
    notActedOn: [],
    refersTo: null,
    schedule: schedule === undefined || schedule === null ? null : readSchedule(schedule, timezone),
  };
}

/** @throws DomainError `invalid-argument` for a template that runs no command. */
export function requireCommand({ name, spec }: Pick<Template, 'name' | 'spec'>): void {
  if (spec.task.artifact.kind !== 'transfer') return;
  throw new DomainError(
    'invalid-argument',
    `${name} moves data; change it as a data job (PUT /data-jobs/${name})`,
  );
}

/** Keys that were left out, as they were. */
function withKeys(
  sent: TransferDefinition,
  current: TransferDefinition | null,
): TransferDefinition {
  const { from, to } = sent;
  const before = {
    from: current?.from.kind === 'files' ? current.from.decrypt : null,
    to: current?.to.kind === 'files' ? current.to.encrypt : null,
  };
  return {
    ...sent,
    from:
      from.kind === 'files' && from.decrypt !== null
        ? { ...from, decrypt: withKey(from.decrypt, before.from, 'from/decrypt') }
        : from,
    to:
      to.kind === 'files' && to.encrypt !== null && 'key' in to.encrypt
        ? { ...to, encrypt: withKey(to.encrypt, before.to, 'to/encrypt') }
        : to,
  };
}

function withKey(
  sent: FileCipher,
  before: FileCipher | { readonly kmsKeyId: string } | null,
  place: string,
): FileCipher {
  if (sent.key !== '' && sent.iv !== '') return sent;
  const isLeftOut = sent.key === '' && sent.iv === '';
  if (isLeftOut && before !== null && 'key' in before) return before;
  throw new DomainError(
    'invalid-argument',
    `definition/${place} must have both a key (64 hexadecimal digits) and an iv`,
  );
}
